import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExchangeError } from '../../domain/errors.ts';

const RETRY_AFTER_S = 1;

/**
 * Orders being worked on at one moment, bounded: past the bound a request is refused with 503 before its body is read and
 * before anything is held, so that a flood costs little and the ones in work finish.
 */
export class InFlight {
  readonly #max: number;
  #count = 0;
  readonly guard: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

  constructor(max: number) {
    this.#max = max;
    this.guard = (_request, _reply, done) => {
      if (this.#count >= this.#max) done(new ExchangeError('OVERLOADED', undefined, undefined, RETRY_AFTER_S));
      else done();
    };
  }

  async count<T>(orders: number, work: () => Promise<T>): Promise<T> {
    this.#count += orders;
    try {
      return await work();
    } finally {
      this.#count -= orders;
    }
  }
}
