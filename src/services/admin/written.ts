import { ExchangeError } from '../../domain/errors.ts';
import { StreamWriteError } from '../../ports/stream.ts';

/** An append of an admin's act: where the log does not take it, the caller is told to try again, which is safe. */
export async function written<T>(append: Promise<T>): Promise<T> {
  try {
    return await append;
  } catch (error) {
    if (!(error instanceof StreamWriteError)) throw error;
    throw new ExchangeError('UNAVAILABLE', 'The change could not be written; try again.', undefined, 1);
  }
}
