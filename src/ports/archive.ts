/**
 * Cold, cheap, keyed blobs: snapshots, candles, trades. A folder or S3.
 *
 * Promises (test/conformance/archive): a put is atomic and durable when it resolves (readers see the whole old or the whole
 * new blob); `list` returns keys in ascending byte order; a missing key is undefined, not an error.
 * Keys are `/`-separated names of [A-Za-z0-9._=:-], never `..`.
 */
export interface Archive {
  put(key: string, value: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  list(prefix: string): Promise<string[]>;
  delete(key: string): Promise<void>;
}
