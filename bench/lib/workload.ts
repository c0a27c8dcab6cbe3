/** Kinds of message in a workload file. */
export const MessageType = { NEW: 0, CANCEL: 1, MODIFY: 2 } as const;
