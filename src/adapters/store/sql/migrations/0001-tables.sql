-- Money and orders. Runs unchanged on PostgreSQL 15 and later, PGlite, Aurora and Supabase.
--
-- Every amount is an integer: prices in 10^-price_decimals, quantities in 10^-quantity_decimals, money in minor units of its
-- asset. Times are epoch milliseconds. Text that identifies something sorts by its bytes (collation "C"), so that pages and
-- dumps come in the same order everywhere. Row level security without a policy keeps every role out that is not the owner (on
-- Supabase: anon and authenticated); the functions of the next migration are the only way in.

CREATE TABLE assets (
  code text COLLATE "C" PRIMARY KEY,
  decimals integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('CURRENCY', 'SECURITY'))
);

INSERT INTO assets (code, decimals, kind) VALUES
  ('KRW', 0, 'CURRENCY'), ('USD', 2, 'CURRENCY'), ('USDT', 6, 'CURRENCY');

CREATE TABLE instruments (
  symbol text COLLATE "C" PRIMARY KEY,
  definition jsonb NOT NULL,
  name text GENERATED ALWAYS AS (definition ->> 'name') STORED,
  base text GENERATED ALWAYS AS (definition ->> 'base') STORED,
  quote text GENERATED ALWAYS AS (definition ->> 'quote') STORED,
  status text GENERATED ALWAYS AS (definition ->> 'status') STORED
);

-- balance = locked + available. The two checks are dropped while a rebuild replays the streams one after the other, and
-- validated when it ends. Room in the pages lets updates stay in place (HOT).
CREATE TABLE wallets (
  user_id text COLLATE "C" NOT NULL,
  asset text COLLATE "C" NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  locked bigint NOT NULL DEFAULT 0,
  -- Deposits less withdrawals: what the limit of a deposit is judged by.
  net_deposits bigint NOT NULL DEFAULT 0,
  -- What was paid for the position, in minor units of cost_asset: for display only.
  cost bigint NOT NULL DEFAULT 0,
  cost_asset text COLLATE "C",
  PRIMARY KEY (user_id, asset),
  CONSTRAINT wallets_locked_not_negative CHECK (locked >= 0),
  CONSTRAINT wallets_balance_covers_locked CHECK (balance >= locked)
) WITH (fillfactor = 60);

-- Deposits less withdrawals of each asset: the sum of its wallets, always.
CREATE TABLE supplies (
  asset text COLLATE "C" PRIMARY KEY,
  amount bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 60);

CREATE TABLE orders (
  order_id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  client_order_id text COLLATE "C",
  content_hash text COLLATE "C",
  symbol text COLLATE "C" NOT NULL,
  order_type text COLLATE "C" NOT NULL,
  time_in_force text COLLATE "C" NOT NULL,
  stp text COLLATE "C" NOT NULL DEFAULT 'NONE',
  status text COLLATE "C" NOT NULL DEFAULT 'PENDING',
  reason text COLLATE "C",
  hold_asset text COLLATE "C" NOT NULL,
  credit_asset text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  -- Locked for the order's own terms; for replaces without an outcome; and what the last settlement found locked.
  hold bigint NOT NULL,
  replace_hold bigint NOT NULL DEFAULT 0,
  prev_hold bigint NOT NULL DEFAULT 0,
  filled_notional bigint NOT NULL DEFAULT 0,
  amount_scale bigint NOT NULL,
  base_scale bigint NOT NULL,
  route_epoch bigint NOT NULL DEFAULT 0,
  price integer NOT NULL,
  quantity integer NOT NULL,
  filled_qty integer NOT NULL DEFAULT 0,
  remaining_qty integer NOT NULL,
  stop_price integer,
  display_quantity integer,
  maker_fee_bps integer NOT NULL DEFAULT 0,
  taker_fee_bps integer NOT NULL DEFAULT 0,
  is_buy boolean NOT NULL,
  post_only boolean NOT NULL DEFAULT false,
  -- False once the status is final. It changes once in an order's life, so that all other updates stay in place (HOT).
  open boolean NOT NULL DEFAULT true
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX orders_client_order_id ON orders (user_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_of_user ON orders (user_id, created_at DESC, order_id DESC);
CREATE INDEX orders_open ON orders (user_id, symbol) WHERE open;

-- What is held for a replace until its outcome, or until its order ends.
CREATE TABLE replace_holds (
  request_id text COLLATE "C" PRIMARY KEY,
  order_id text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0)
);
CREATE INDEX replace_holds_of_order ON replace_holds (order_id);

-- Deposits and withdrawals. HELD: a withdrawal whose amount is locked and whose ledger record is not applied yet.
CREATE TABLE transfers (
  transfer_id text COLLATE "C" PRIMARY KEY,
  action text NOT NULL CHECK (action IN ('DEPOSIT', 'WITHDRAW')),
  user_id text COLLATE "C" NOT NULL,
  asset text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  created_at bigint NOT NULL,
  actor text NOT NULL,
  status text NOT NULL CHECK (status IN ('HELD', 'APPLIED', 'BALANCE_LIMIT', 'INSUFFICIENT_FUNDS'))
);
CREATE INDEX transfers_held ON transfers (transfer_id) WHERE status = 'HELD';

-- One partition per trading day of the market (Asia/Seoul), made when the first trade of the day is saved.
CREATE TABLE trade_history (
  trade_id text COLLATE "C" NOT NULL,
  symbol text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  traded_at bigint NOT NULL,
  price integer NOT NULL,
  quantity integer NOT NULL,
  amount bigint NOT NULL,
  taker_side text NOT NULL CHECK (taker_side IN ('BUY', 'SELL')),
  buyer_order_id text COLLATE "C" NOT NULL,
  buyer_user_id text COLLATE "C" NOT NULL,
  buyer_fee bigint NOT NULL,
  seller_order_id text COLLATE "C" NOT NULL,
  seller_user_id text COLLATE "C" NOT NULL,
  seller_fee bigint NOT NULL,
  PRIMARY KEY (symbol, traded_at, seq)
) PARTITION BY RANGE (traded_at);
CREATE INDEX trade_history_buyer ON trade_history (buyer_user_id, traded_at);
CREATE INDEX trade_history_seller ON trade_history (seller_user_id, traded_at);

-- How far each consumer has applied a symbol's events, and from where it resumes each partition of its stream.
CREATE TABLE applied_seq (
  consumer text COLLATE "C" NOT NULL,
  symbol text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (consumer, symbol)
) WITH (fillfactor = 50);

CREATE TABLE positions (
  consumer text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- One row while a rebuild is under way.
CREATE TABLE rebuilds (started boolean PRIMARY KEY);

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['assets', 'instruments', 'wallets', 'supplies', 'orders', 'replace_holds', 'transfers',
    'trade_history', 'applied_seq', 'positions', 'rebuilds']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
  END LOOP;
END $$;
