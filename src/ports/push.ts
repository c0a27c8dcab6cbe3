/**
 * Sends bytes to the sockets of users. The WebSocket hub of this process, or API Gateway's management API.
 * Never throws and never waits for a slow client: a client that does not read loses its socket, not our memory.
 */
export interface Push {
  /** Delivers one message (already serialised JSON text) to every open socket of a user; true if there was one. */
  toUser(userId: string, message: string): boolean;
}
