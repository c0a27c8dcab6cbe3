/**
 * Sends private messages to the sockets of users. The WebSocket hub of this process, or API Gateway's management API.
 * Never throws and never waits for a slow client: a client that does not read loses its socket, not our memory.
 */
export interface Push {
  /**
   * Delivers messages (JSON texts, in order of their useq, the first of which is `firstUseq`) in one write to every open
   * socket of a user; true if there was one.
   */
  toUser(userId: string, messages: readonly string[], firstUseq: number): boolean;
}
