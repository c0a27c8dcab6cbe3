import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { ExchangeError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import { CounterLimiter, type CounterStore } from './counters.ts';

/** What an API key may spend; 0 = no such limit. */
export interface UsagePlan {
  /** Requests a second, and the most in any one second. */
  rps: number;
  burst: number;
  /** Requests a calendar month (UTC). */
  month: number;
}

export interface LimitSettings {
  /** RATE_LIMIT_KEY_RPS, _BURST, _MONTH: the plan of keys that name none. RATE_LIMIT_IP_RPM. 0 = off. */
  keyRps: number;
  keyBurst: number;
  keyMonth: number;
  ipRpm: number;
  /** USAGE_PLANS, by name. */
  plans?: ReadonlyMap<string, UsagePlan>;
}

/** What is left of a limit, for the answer's headers. */
export interface Allowance {
  limit: number;
  remaining: number;
  /** Seconds until the window starts again. */
  reset: number;
}

/** Refuses with RATE_LIMITED (429, Retry-After) what is too much of a name. undefined: there is no limit. */
export type Limit = (name: string) => Promise<Allowance | undefined>;

export interface Limits {
  /** By address. */
  perIp: Limit | undefined;
  /** The limit of a usage plan (the default one unless it is named) by the id of a key, which names it without being it. */
  perKey(plan?: string): Limit | undefined;
}

const BURST_WINDOW_S = 60;
/** Longest month: the counter of a month lives as long as it may be asked for. */
const MONTH_S = 31 * 24 * 3600;
/** A store that fails does so for every request; the log is told this often. */
const TELL_EVERY_MS = 10_000;

/** What a limit said of one request; undefined while its counter cannot be had. */
type Verdict = { passed: boolean; result: RateLimiterRes } | undefined;

type Ask = (limit: CounterLimiter, name: string) => Promise<Verdict>;

interface LimitDeps {
  counters: CounterStore;
  clock: Clock;
  log: Log;
}

/**
 * Per address: requests a minute. Per API key: what its usage plan says, a second and a calendar month. The counters live
 * where `counters` keeps them: in the cache they hold across gateways. While they fail requests pass: a limit is no lock.
 */
export function createLimits(settings: LimitSettings, deps: LimitDeps): Limits {
  const ask = asker(deps);
  const usual = { rps: settings.keyRps, burst: settings.keyBurst, month: settings.keyMonth };
  const usualLimit = planLimit(usual, deps, ask);
  const named = new Map([...(settings.plans ?? [])].map(([name, plan]) => [name, planLimit(plan, deps, ask)]));
  return {
    perIp: addressLimit(settings.ipRpm, deps, ask),
    perKey(plan) {
      if (plan === undefined) return usualLimit;
      if (!named.has(plan)) throw new Error(`There is no usage plan "${plan}"`);
      return named.get(plan);
    },
  };
}

/** Takes one request out of a limiter; a limiter whose store fails says so in the log, now and then, and lets it pass. */
function asker({ clock, log }: LimitDeps): Ask {
  let toldAt = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return async (limit, name) => {
    try {
      return { passed: true, result: await limit.consume(name) };
    } catch (reason) {
      // A limiter rejects with its result; anything else it rejects with is a fault of the counters.
      if (reason instanceof RateLimiterRes) return { passed: false, result: reason };
      untold += 1;
      if (clock.monotonic() - toldAt >= TELL_EVERY_MS) {
        log.warn({ err: reason, requests: untold }, 'rate limits cannot be counted; requests pass');
        toldAt = clock.monotonic();
        untold = 0;
      }
      return undefined;
    }
  };
}

function limiter(keyPrefix: string, points: number, duration: number, { counters }: LimitDeps): CounterLimiter {
  return new CounterLimiter({ keyPrefix, points, duration }, counters);
}

function addressLimit(rpm: number, deps: LimitDeps, ask: Ask): Limit | undefined {
  if (rpm === 0) return undefined;
  const minute = limiter('rl:ip', rpm, 60, deps);
  return async (address) => {
    const verdict = await ask(minute, address);
    if (verdict?.passed === false) throw tooMany(verdict.result, rpm, 'this address a minute');
    return verdict && allowanceOf(verdict.result, rpm);
  };
}

/** A key belongs to one plan, so the counters of a key need not name it. */
function planLimit(plan: UsagePlan, deps: LimitDeps, ask: Ask): Limit | undefined {
  const second = secondLimit(plan, deps, ask);
  const month = monthLimit(plan, deps, ask);
  if (second === undefined || month === undefined) return second ?? month;
  return async (keyId) => {
    const shortTerm = await second(keyId);
    const longTerm = await month(keyId);
    return shortTerm ?? longTerm;
  };
}

/** `rps` a second, with `burst - rps` more to spend above that in any minute, so that the most in one second is the burst. */
function secondLimit({ rps, burst }: UsagePlan, deps: LimitDeps, ask: Ask): Limit | undefined {
  if (rps === 0) return undefined;
  const second = limiter('rl:key:s', rps, 1, deps);
  const above = burst > rps ? limiter('rl:key:b', burst - rps, BURST_WINDOW_S, deps) : undefined;
  return async (keyId) => {
    const verdict = await ask(second, keyId);
    if (verdict === undefined) return undefined;
    if (verdict.passed) return allowanceOf(verdict.result, rps);
    const extra = above === undefined ? verdict : await ask(above, keyId);
    if (extra?.passed === false) throw tooMany(verdict.result, rps, 'this API key a second');
    return { ...allowanceOf(verdict.result, rps), remaining: 0 };
  };
}

function monthLimit({ month: points }: UsagePlan, deps: LimitDeps, ask: Ask): Limit | undefined {
  if (points === 0) return undefined;
  const month = limiter('rl:key:m', points, MONTH_S, deps);
  const nameOfMonth = monthNames();
  return async (keyId) => {
    const verdict = await ask(month, `${keyId}:${nameOfMonth(deps.clock.now())}`);
    if (verdict?.passed === false) throw tooMany(verdict.result, points, 'this API key a month');
    return verdict && allowanceOf(verdict.result, points);
  };
}

const HOUR_MS = 3_600_000;

/** 2026-01 for an epoch ms. Months begin at whole hours, so the name is made anew only once an hour. */
function monthNames(): (nowMs: number) => string {
  let hour = Number.NaN;
  let name = '';
  return (nowMs) => {
    const current = Math.floor(nowMs / HOUR_MS);
    if (current !== hour) {
      hour = current;
      name = new Date(nowMs).toISOString().slice(0, 7);
    }
    return name;
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

/** The limit headers of an answer. */
export function allowanceHeaders({ limit, remaining, reset }: Allowance) {
  return {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(reset),
  };
}

export function writeAllowance(reply: FastifyReply, allowance: Allowance): void {
  reply.headers(allowanceHeaders(allowance));
}

/** What a refusal says is left: nothing. undefined: no limit refused. */
export function exhaustedBy(error: unknown): Allowance | undefined {
  if (!(error instanceof ExchangeError) || error.code !== 'RATE_LIMITED') return undefined;
  const { limit, reset } = error.details ?? {};
  return typeof limit === 'number' && typeof reset === 'number' ? { limit, remaining: 0, reset } : undefined;
}

/** The one `x-api-key` of a request. */
export function apiKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}
