import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Bar, Interval } from '../../../domain/candle.ts';
import type { MarketState } from '../../../domain/market-state.ts';
import { marketStateText, parseMarketState } from '../../../domain/market-state-text.ts';
import type { BarRows, CandleStore } from '../../../ports/candle-store.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE candle_history (
    symbol TEXT NOT NULL, interval TEXT NOT NULL, time INTEGER NOT NULL,
    open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL, volume INTEGER NOT NULL,
    PRIMARY KEY (symbol, interval, time)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE market_state (symbol TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE position (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

type BarRow = [time: number, open: number, high: number, low: number, close: number, volume: number];

/**
 * `candle_history` in one SQLite file (the database that Node itself carries), for one machine. A row is found by its key,
 * so a chart of 1,000 bars is one walk along the index however many years lie before it. Commits go to the write-ahead log in order
 * without waiting for the disk: what a power loss takes is the newest, and the fills stream has it still.
 */
export class SqliteCandleStore implements CandleStore {
  readonly #database: DatabaseSync;
  readonly #putBar: StatementSync;
  readonly #bars: StatementSync;
  readonly #putState: StatementSync;
  readonly #state: StatementSync;
  readonly #states: StatementSync;
  readonly #position: StatementSync;
  readonly #setPosition: StatementSync;

  /** @param path of the file, or `:memory:` @throws Error when it is damaged or of a newer program */
  constructor(path: string) {
    this.#database = open(path);
    const prepare = (sql: string) => this.#database.prepare(sql);
    this.#putBar = prepare(
      `INSERT INTO candle_history VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
         volume = excluded.volume WHERE excluded.volume >= volume`,
    );
    this.#bars = prepare(
      `SELECT time, open, high, low, close, volume FROM candle_history
       WHERE symbol = ? AND interval = ? AND time >= ? AND time < ? ORDER BY time DESC LIMIT ?`,
    );
    // A third of the time that rows as objects take.
    this.#bars.setReturnArrays(true);
    this.#putState = prepare('INSERT OR REPLACE INTO market_state VALUES (?, ?)');
    this.#state = prepare('SELECT state FROM market_state WHERE symbol = ?');
    this.#states = prepare('SELECT symbol, state FROM market_state ORDER BY symbol');
    this.#position = prepare('SELECT next_offset FROM position WHERE topic = ? AND partition = ?');
    this.#setPosition = prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?)');
  }

  async putBars(rows: readonly BarRows[]): Promise<void> {
    this.#transaction(() => {
      for (const { symbol, interval, bars } of rows) {
        for (const { time, open, high, low, close, volume } of bars) {
          this.#putBar.run(symbol, interval, time, open, high, low, close, volume);
        }
      }
    });
  }

  async bars(
    symbol: string,
    interval: Interval,
    { limit, from = 0, end = Number.MAX_SAFE_INTEGER }: { limit: number; from?: number; end?: number },
  ): Promise<Bar[]> {
    // Rows are arrays of the selected columns, and the table is STRICT.
    const rows = this.#bars.all(symbol, interval, from, end, limit) as unknown as BarRow[];
    return rows.reverse().map(([time, open, high, low, close, volume]) => ({ time, open, high, low, close, volume }));
  }

  async putStates(states: readonly { symbol: string; state: MarketState }[]): Promise<void> {
    this.#transaction(() => {
      for (const { symbol, state } of states) this.#putState.run(symbol, marketStateText(state));
    });
  }

  async states(): Promise<{ symbol: string; state: MarketState }[]> {
    return this.#states.all().map(({ symbol, state }) => ({
      symbol: String(symbol),
      state: parseMarketState(String(state)),
    }));
  }

  async state(symbol: string): Promise<MarketState | undefined> {
    const row = this.#state.get(symbol);
    return row && parseMarketState(String(row.state));
  }

  async position(topic: string, partition: number): Promise<number> {
    return Number(this.#position.get(topic, partition)?.next_offset ?? 0);
  }

  async setPosition(topic: string, partition: number, offset: number): Promise<void> {
    this.#setPosition.run(topic, partition, offset);
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction(run: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#database.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled it back already; a second time would hide what really happened.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version > SCHEMA_VERSION) throw new Error(`it has version ${version}, this program knows ${SCHEMA_VERSION}`);
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return database;
  } catch (cause) {
    database.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the candle store ${path} cannot be used: ${why}`, { cause });
  }
}
