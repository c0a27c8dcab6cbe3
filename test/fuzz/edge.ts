import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit } from '../../src/audit/audit.ts';
import { shardEngine } from '../../src/audit/shard-engine.ts';
import { readConfig } from '../../src/entrypoints/node/config.ts';
import { createExchange, type Exchange } from '../../src/entrypoints/node/exchange.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import type { Log } from '../../src/ports/log.ts';
import { documentedFetch } from '../support/documented-fetch.ts';

/** An answer that takes longer is a hang. */
const PATIENCE_MS = 120_000;
/** Who has sent half a request and waits says goodbye after so long. */
const SILENCE_MS = 60;
/** The whole process, fuzzer and exchange together. */
const MEMORY_MAX = 1_500 * 1024 * 1024;

/** A whole exchange in this process, reached over real sockets, whose log of faults the test reads. */
export class Edge {
  readonly exchange: Exchange;
  readonly faults: string[];
  readonly port: number;
  readonly #folder: string;
  /** Order ids of answers that said so. */
  readonly acknowledged = new Set<string>();
  #unanswered = 0;

  private constructor(exchange: Exchange, folder: string, faults: string[]) {
    this.exchange = exchange;
    this.#folder = folder;
    this.faults = faults;
    this.port = Number(new URL(exchange.url).port);
  }

  static async open(): Promise<Edge> {
    const folder = await mkdtemp(join(tmpdir(), 'supernoba-fuzz-'));
    const faults: string[] = [];
    const log: Log = {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => faults.push(`${message}: ${JSON.stringify(fields, errorsToo)}`),
      child: () => log,
    };
    const flags = { 'data-dir': folder, port: '0', host: '127.0.0.1', 'rate-limit-ip-rpm': '0' };
    const edge = new Edge(await createExchange(readConfig({}, flags), log), folder, faults);
    await edge.admin('POST', '/admin/symbols', { symbol: 'FZA', reference_price: 100, taker_fee_bps: 7 });
    const decimals = { price_decimals: 2, quantity_decimals: 3, quote: 'USDT', price_limit_pct: null };
    await edge.admin('POST', '/admin/symbols', { symbol: 'FZB', tick_size: 0.01, lot_size: 0.001, ...decimals });
    for (const user of ['fuzz1', 'fuzz2', 'fuzz3'])
      for (const asset of ['KRW', 'USDT', 'FZA', 'FZB'])
        await edge.admin('POST', `/admin/accounts/${user}/deposit`, { asset, amount: 1_000_000 });
    return edge;
  }

  async admin(method: string, path: string, body: unknown): Promise<void> {
    const response = await documentedFetch(this.exchange.url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-user-id': 'ops', 'x-user-role': 'admin' },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
  }

  /** Sends bytes, in pieces; hangs up after the answer, or when none comes (half a request waits for its other half). */
  converse(pieces: readonly Uint8Array[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(this.port, '127.0.0.1');
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error('the server neither answered nor hung up'));
      }, PATIENCE_MS);
      const silence = setTimeout(() => socket.end(), SILENCE_MS);
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        silence.refresh();
      });
      // A server that hangs up in the middle of a sentence is within its rights.
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        clearTimeout(silence);
        if (chunks.length === 0) this.#unanswered += 1;
        resolve(Buffer.concat(chunks).toString('latin1'));
      });
      for (const piece of pieces) socket.write(piece);
    });
  }

  /** Every answer in what came back is one that a client may cause. */
  judge(text: string): void {
    for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
      assert.ok(Number(status) < 500 || Number(status) === 503, `answered ${status}: ${text.slice(0, 2_000)}`);
    }
    for (const [, id] of text.matchAll(/"message":"Order accepted"[^}]*?"order_id":"([^"]+)"/g)) {
      if (id !== undefined) this.acknowledged.add(id);
    }
    this.assertWell();
  }

  assertWell(): void {
    assert.deepEqual(this.faults, [], 'something was logged as a fault');
    const { rss } = process.memoryUsage();
    assert.ok(rss < MEMORY_MAX, `${rss} bytes of memory`);
  }

  /** Everything settled: the audit is clean, and the orders kept are the orders acknowledged. */
  async finish(): Promise<void> {
    await this.exchange.quiesce();
    const { stream, topics, store } = this.exchange.storage;
    const engine = () => shardEngine(() => new NaiveBook());
    const report = await audit({ stream, topics, store, quiet: true, engine });
    assert.deepEqual(report.first_differences, []);
    const kept = new Set<string>();
    for await (const { table, row } of store.dump()) if (table === 'order') kept.add(row.order_id);
    const lost = [...this.acknowledged].filter((id) => !kept.has(id));
    assert.deepEqual(lost, [], 'orders acknowledged and not kept');
    const silent = kept.size - this.acknowledged.size;
    assert.ok(silent <= this.#unanswered, `${silent} orders nobody was told of, ${this.#unanswered} who hung up early`);
    this.assertWell();
  }

  async close(): Promise<void> {
    await this.exchange.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function errorsToo(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.stack : value;
}
