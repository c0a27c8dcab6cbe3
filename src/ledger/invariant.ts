/**
 * What was delivered cannot be true (a gap, an order nobody recorded, a wallet that would go negative): nothing was applied, and
 * trying again changes nothing.
 */
export class LedgerInvariantError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LedgerInvariantError';
  }
}
