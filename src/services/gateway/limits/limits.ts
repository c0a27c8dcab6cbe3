import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { ExchangeError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
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
  perIp: ((address: string) => Promise<Allowance | undefined>) | undefined;
  /** `keyId` names an API key without being it. */
  perKey: ((keyId: string) => Promise<Allowance | undefined>) | undefined;
}

const BURST_WINDOW_S = 60;
/** Longest month: the counter of a month lives as long as it may be asked for. */
const MONTH_S = 31 * 24 * 3600;

/** What a limit said of one request; undefined while its counter cannot be had. */
type Verdict = { passed: boolean; result: RateLimiterRes } | undefined;

/**
 * Per address: requests a minute. Per API key: requests a second, with `keyBurst - keyRps` more to spend above that in any
 * minute (so the most in one second is the burst), and requests a calendar month (UTC). The counters live where
 * `counters` keeps them: in the cache they hold across gateways. While they fail requests pass: a limit is no lock.
 */
export function createLimits(
  settings: LimitSettings,
  deps: { counters: CounterStore; clock: Clock; log?: Log },
): Limits {
  const limiter = (keyPrefix: string, points: number, duration: number) =>
    new CounterLimiter({ keyPrefix, points, duration }, deps.counters);
  const ip = settings.ipRpm > 0 ? limiter('rl:ip', settings.ipRpm, 60) : undefined;
  const second = settings.keyRps > 0 ? limiter('rl:key:s', settings.keyRps, 1) : undefined;
  const above = settings.keyBurst - settings.keyRps;
  const burst = second !== undefined && above > 0 ? limiter('rl:key:b', above, BURST_WINDOW_S) : undefined;
  const month = settings.keyMonth > 0 ? limiter('rl:key:m', settings.keyMonth, MONTH_S) : undefined;

  async function ask(limit: CounterLimiter, key: string): Promise<Verdict> {
    try {
      return { passed: true, result: await limit.consume(key) };
    } catch (reason) {
      // A limiter rejects with its result; anything else it rejects with is a fault of the counters.
      if (reason instanceof RateLimiterRes) return { passed: false, result: reason };
      deps.log?.warn({ err: reason }, 'a rate limit could not be counted; the request passes');
      return undefined;
    }
  }

  async function perSecond(limit: CounterLimiter, keyId: string): Promise<Allowance | undefined> {
    const verdict = await ask(limit, keyId);
    if (verdict === undefined) return undefined;
    if (verdict.passed) return allowanceOf(verdict.result, settings.keyRps);
    const extra = burst === undefined ? verdict : await ask(burst, keyId);
    if (extra?.passed === false) throw tooMany(verdict.result, settings.keyRps, 'this API key a second');
    return { ...allowanceOf(verdict.result, settings.keyRps), remaining: 0 };
  }

  async function perMonth(limit: CounterLimiter, keyId: string): Promise<Allowance | undefined> {
    const name = `${keyId}:${new Date(deps.clock.now()).toISOString().slice(0, 7)}`;
    const verdict = await ask(limit, name);
    if (verdict?.passed === false) throw tooMany(verdict.result, settings.keyMonth, 'this API key a month');
    return verdict && allowanceOf(verdict.result, settings.keyMonth);
  }

  async function perKey(keyId: string): Promise<Allowance | undefined> {
    const shortTerm = second && (await perSecond(second, keyId));
    const longTerm = month && (await perMonth(month, keyId));
    return shortTerm ?? longTerm;
  }

  async function perAddress(limit: CounterLimiter, address: string): Promise<Allowance | undefined> {
    const verdict = await ask(limit, address);
    if (verdict?.passed === false) throw tooMany(verdict.result, settings.ipRpm, 'this address a minute');
    return verdict && allowanceOf(verdict.result, settings.ipRpm);
  }

  return {
    perIp: ip && ((address) => perAddress(ip, address)),
    perKey: second === undefined && month === undefined ? undefined : perKey,
  };
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
