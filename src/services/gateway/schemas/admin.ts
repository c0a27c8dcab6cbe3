import { type Static, Type } from 'typebox';
import { WalletAnswer } from './accounts.ts';
import {
  AmountOut,
  AssetCode,
  DecimalIn,
  EpochMs,
  Fixed,
  InstrumentStatusName,
  limitOf,
  Nullable,
  NullableDecimalIn,
  OneOf,
  SymbolName,
  testUser,
  UserId,
} from './primitives.ts';

const Bands = Type.Array(
  Type.Object({ from: DecimalIn('From this price upwards', 0), tick: DecimalIn('prices move so.', 1) }),
  {
    maxItems: 50,
  },
);
const DatedTables = Type.Array(
  Type.Object({
    effective_at: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Epoch milliseconds.' }),
    bands: Bands,
  }),
  { maxItems: 20 },
);

const terms = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\x00-\\x1f\\x7f]+$' })),
  reference_price: Type.Optional(NullableDecimalIn('Previous close; null: no daily limits.', 15000)),
  tick_size: Type.Optional(DecimalIn('One price step for all prices (default: the smallest).', 10)),
  tick_table: Type.Optional(
    Type.Union([Type.String({ maxLength: 20, description: 'A preset.', examples: ['KRX'] }), Bands, DatedTables]),
  ),
  lot_size: Type.Optional(DecimalIn('Quantities are multiples of it (default: the smallest).', 1)),
  max_quantity: Type.Optional(DecimalIn('Largest order (default 1,000,000).', 1000000)),
  price_limit_pct: Type.Optional(NullableDecimalIn('Daily limit in per cent (default 30); null or 0: off.', 30)),
  status: Type.Optional(InstrumentStatusName),
  calendar: Type.Optional(OneOf(['ALWAYS', 'KRX'] as const)),
  maker_fee_bps: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
  taker_fee_bps: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
};

export const NewSymbolBody = Type.Object(
  {
    symbol: SymbolName,
    base: Type.Optional(AssetCode),
    quote: Type.Optional(AssetCode),
    price_decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
    quantity_decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
    ...terms,
    ...testUser,
  },
  {
    title: 'NewSymbol',
    examples: [{ symbol: 'TEST', name: 'Test Corp', reference_price: 15000, tick_table: 'KRX' }, { symbol: 'TEST' }],
  },
);

/** Understood, so that a change of them is refused and not passed over in silence. */
const fixed = {
  base: Fixed(AssetCode),
  quote: Fixed(AssetCode),
  price_decimals: Fixed(Type.Integer({ minimum: 0, maximum: 9 })),
  quantity_decimals: Fixed(Type.Integer({ minimum: 0, maximum: 9 })),
};

export const ChangeSymbolBody = Type.Object(
  { ...terms, ...fixed, ...testUser },
  { title: 'ChangeSymbol', examples: [{ status: 'HALTED' }] },
);
export const ChangeNamedSymbolBody = Type.Object(
  { symbol: SymbolName, ...terms, ...fixed, ...testUser },
  { title: 'ChangeNamedSymbol', examples: [{ symbol: 'TEST', status: 'HALTED' }] },
);
export type ChangeSymbolBody = Static<typeof ChangeSymbolBody>;

export const SymbolParams = Type.Object({ symbol: SymbolName });
export const SymbolNameQuery = Type.Object({ symbol: SymbolName, ...testUser });

export const DayCloseBody = Type.Object(
  {
    reference_price: Type.Optional(DecimalIn('The new reference (default: the last trade price).', 15000)),
    ...testUser,
  },
  { title: 'DayClose', examples: [{}, { reference_price: 15000 }] },
);

export const AccountParams = Type.Object({ id: UserId });

const TransferId = Type.String({
  pattern: '^[\\x21-\\x7e]+$',
  minLength: 1,
  maxLength: 64,
  description: 'Chosen by the caller: the same transfer again moves nothing. `Idempotency-Key` is accepted too.',
  examples: ['dep-2026-0001'],
});

export const TransferBody = Type.Object(
  {
    asset: AssetCode,
    amount: DecimalIn('Positive amount.', 1000000),
    transfer_id: Type.Optional(TransferId),
    ...testUser,
  },
  { title: 'NewTransfer', examples: [{ asset: 'KRW', amount: 1000000, transfer_id: 'dep-2026-0001' }] },
);

export const TransferAnswer = Type.Object(
  {
    transfer_id: Type.String(),
    user_id: Type.String(),
    asset: Type.String(),
    amount: AmountOut('As given.', 1000000),
    wallet: WalletAnswer,
  },
  { title: 'Transfer', description: 'The transfer is durable and applied.' },
);

export const IdempotencyHeaders = Type.Object({ 'idempotency-key': Type.Optional(TransferId) });

export const EnginesAnswer = Type.Object(
  {
    engines: Type.Array(
      Type.Object({
        engine_id: Type.String(),
        status: Type.String({ examples: ['RUNNING'] }),
        shards: Type.Array(Type.Object({ partition: Type.Integer(), offset: Type.Integer(), lag: Type.Integer() })),
        symbols: Type.Array(Type.String()),
      }),
    ),
  },
  { title: 'Engines' },
);

export const SnapshotsAnswer = Type.Object(
  {
    snapshots: Type.Array(
      Type.Object({
        key: Type.String(),
        partition: Type.Integer(),
        offset: Type.Integer({ description: 'The engine reads on from here after restoring it.' }),
      }),
    ),
  },
  { title: 'Snapshots' },
);

export const RoutesAnswer = Type.Object(
  {
    routes: Type.Array(
      Type.Object({
        symbol: Type.String(),
        shard: Type.Integer({ description: 'Partition of the orders stream.' }),
        status: Type.String({ examples: ['ACTIVE'] }),
        target_instance: Nullable<string>('string', 'Engine the symbol was moved to; null: by shard.'),
        epoch: Type.Integer(),
      }),
    ),
  },
  { title: 'Routes' },
);

export const MigrationsAnswer = Type.Object(
  { migrations: Type.Array(Type.Object({ symbol: Type.String(), step: Type.String() })) },
  { title: 'Migrations', description: 'Moves of symbols between engines. None can be started in this version.' },
);

const TopicName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$', examples: ['my-stream'] });

export const StreamsAnswer = Type.Object(
  {
    streams: Type.Array(
      Type.Object({
        topic: Type.String(),
        partitions: Type.Array(Type.Object({ partition: Type.Integer(), begin: Type.Integer(), end: Type.Integer() })),
        records: Type.Integer({ description: 'Records kept.' }),
        consumers: Type.Array(Type.Object({ group: Type.String(), lag: Type.Integer() })),
        protected: Type.Boolean({ description: "One of the exchange's own: it cannot be deleted." }),
      }),
    ),
  },
  { title: 'Streams' },
);

export const StreamActionBody = Type.Object(
  {
    action: OneOf(['create', 'delete', 'list', 'createTopic', 'deleteTopic', 'listTopics'] as const),
    topic: Type.Optional(TopicName),
    partitions: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'Default 3.' })),
    replicationFactor: Type.Optional(Type.Integer({ minimum: 1, maximum: 5, description: 'Default 2; of a cluster.' })),
    ...testUser,
  },
  { title: 'StreamAction', examples: [{ action: 'create', topic: 'my-stream', partitions: 3, replicationFactor: 2 }] },
);

export const StreamActionAnswer = Type.Object(
  {
    success: Type.Boolean(),
    result: Type.Object({
      topic: Type.Optional(Type.String()),
      created: Type.Optional(Type.Boolean({ description: 'false: it was there already.' })),
      deleted: Type.Optional(Type.Boolean({ description: 'false: there was none.' })),
      topics: Type.Optional(Type.Array(Type.String())),
    }),
  },
  { title: 'StreamResult' },
);

export const TopicParams = Type.Object({ topic: TopicName });

export const BackupAnswer = Type.Object(
  { stored_until: Type.Integer({ description: 'Everything that was traded before this epoch ms is stored.' }) },
  { title: 'Backup', examples: [{ stored_until: 1733896438267 }] },
);

export const AuditQuery = Type.Object({
  limit: limitOf(500, 100),
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'next_cursor of the page before.' })),
  ...testUser,
});

export const AuditAnswer = Type.Object(
  {
    entries: Type.Array(
      Type.Object(
        {
          audit_id: Type.String(),
          timestamp: EpochMs,
          actor: Type.String({ description: 'User id of the admin.' }),
          action: Type.String({ examples: ['CREATE_SYMBOL'] }),
          target: Type.String({ examples: ['TEST'] }),
          before: Type.Unsafe<unknown>({ description: 'As it was; numbers in units.' }),
          after: Type.Unsafe<unknown>({ description: 'As it became; numbers in units.' }),
          error: Type.Optional(Type.String({ description: 'The act failed with this code.' })),
        },
        { title: 'AuditEntry' },
      ),
    ),
    next_cursor: Type.Optional(Type.String()),
  },
  { title: 'Audit', description: 'Acts of admins, newest first.' },
);
