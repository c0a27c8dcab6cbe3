import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { ExchangeError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import { CounterLimiter, type CounterStore } from './counters.ts';

export interface LimitSettings {
  /** RATE_LIMIT_KEY_RPS, _BURST, _MONTH and RATE_LIMIT_IP_RPM; 0 = off. */
  keyRps: number;
  keyBurst: number;
  keyMonth: number;
  ipRpm: number;
}

/** The usage plan of contract section 2. */
export const DEFAULT_LIMITS: LimitSettings = { keyRps: 1_000, keyBurst: 2_000, keyMonth: 1_000_000, ipRpm: 1_000 };

/** What is left of a limit, for the answer's headers. */
export interface Allowance {
  limit: number;
  remaining: number;
  /** Seconds until the window starts again. */
  reset: number;
}

/** Both refuse with RATE_LIMITED (429, Retry-After). undefined: the limit is off. */
export interface Limits {
  perIp: ((address: string) => Promise<Allowance>) | undefined;
  /** `keyId` names an API key without being it. */
  perKey: ((keyId: string) => Promise<Allowance | undefined>) | undefined;
}

const BURST_WINDOW_S = 60;
/** Longest month: the counter of a month lives as long as it may be asked for. */
const MONTH_S = 31 * 24 * 3600;

/**
 * Per address: requests a minute. Per API key: requests a second, with `keyBurst - keyRps` more to spend above that in any
 * minute (so the most in one second is the burst), and requests a calendar month (UTC). The counters live where
 * `counters` keeps them: in the cache they hold across gateways; while it fails requests pass.
 */
export function createLimits(settings: LimitSettings, deps: { counters: CounterStore; clock: Clock }): Limits {
  const limiter = (keyPrefix: string, points: number, duration: number) =>
    new CounterLimiter({ keyPrefix, points, duration }, deps.counters);
  const ip = settings.ipRpm > 0 ? limiter('rl:ip', settings.ipRpm, 60) : undefined;
  const second = settings.keyRps > 0 ? limiter('rl:key:s', settings.keyRps, 1) : undefined;
  const burst =
    settings.keyRps > 0 && settings.keyBurst > settings.keyRps
      ? limiter('rl:key:b', settings.keyBurst - settings.keyRps, BURST_WINDOW_S)
      : undefined;
  const month = settings.keyMonth > 0 ? limiter('rl:key:m', settings.keyMonth, MONTH_S) : undefined;

  async function perKey(keyId: string): Promise<Allowance | undefined> {
    let allowance: Allowance | undefined;
    if (second !== undefined) {
      const spent = await second.consume(keyId).catch(refused);
      if (spent instanceof Refusal) {
        const extra = burst === undefined ? spent : await burst.consume(keyId).catch(refused);
        if (extra instanceof Refusal) throw tooMany(spent.result, settings.keyRps, 'this API key a second');
      } else {
        allowance = allowanceOf(spent, settings.keyRps);
      }
    }
    if (month !== undefined) {
      const name = `${keyId}:${new Date(deps.clock.now()).toISOString().slice(0, 7)}`;
      const spent = await month.consume(name).catch(refused);
      if (spent instanceof Refusal) throw tooMany(spent.result, settings.keyMonth, 'this API key a month');
      allowance ??= allowanceOf(spent, settings.keyMonth);
    }
    return allowance;
  }

  async function perIp(address: string): Promise<Allowance> {
    const spent = await ip!.consume(address).catch(refused);
    if (spent instanceof Refusal) throw tooMany(spent.result, settings.ipRpm, 'this address a minute');
    return allowanceOf(spent, settings.ipRpm);
  }

  return {
    perIp: ip === undefined ? undefined : perIp,
    perKey: second === undefined && month === undefined ? undefined : perKey,
  };
}

/** A limiter rejects with its result; anything else it rejects with is a fault. */
class Refusal {
  readonly result: RateLimiterRes;
  constructor(result: RateLimiterRes) {
    this.result = result;
  }
}

function refused(reason: unknown): Refusal {
  if (reason instanceof RateLimiterRes) return new Refusal(reason);
  throw reason;
}

function allowanceOf({ remainingPoints, msBeforeNext }: RateLimiterRes, limit: number): Allowance {
  return { limit, remaining: remainingPoints, reset: seconds(msBeforeNext) };
}

function tooMany({ msBeforeNext }: RateLimiterRes, limit: number, of: string): ExchangeError {
  const reset = seconds(msBeforeNext);
  return new ExchangeError('RATE_LIMITED', `More than ${limit} requests of ${of}.`, { limit, reset }, reset);
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

export function writeAllowance(reply: FastifyReply, { limit, remaining, reset }: Allowance): void {
  reply.header('ratelimit-limit', String(limit));
  reply.header('ratelimit-remaining', String(remaining));
  reply.header('ratelimit-reset', String(reset));
}

/** The one `x-api-key` of a request. */
export function apiKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}
