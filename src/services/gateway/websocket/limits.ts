/** What one WebSocket connection may ask of the server. */
export const LIMITS = {
  /** A longer text message is answered with MESSAGE_TOO_LARGE. */
  messageBytes: 16 * 1024,
  /** A longer message (all fragments together) ends the connection with close code 1009. */
  frameBytes: 64 * 1024,
  fragments: 64,
  /** Symbols with tickers only, and symbols with everything in the older form. */
  subSymbols: 500,
  fullSymbols: 50,
  /** Messages a second, and how many may come at once. */
  messagesPerSecond: 50,
  messagesBurst: 200,
  /** Who goes on past the rate this often is closed with code 1008. */
  refusedMessages: 1_000,
  /** Bytes waiting in a socket beyond which its ticks are conflated. */
  softBytes: 64 * 1024,
  /** Bytes waiting in a socket beyond which it is closed. */
  hardBytes: 1024 * 1024,
  /** Every connection is pinged about once in this time, and closed when it was silent for two of them. */
  heartbeatMs: 30_000,
  /** Longest grace of cancel_on_disconnect. */
  cancelAfterMs: 3_600_000,
} as const;
