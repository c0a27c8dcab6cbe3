-- What the consumers of the streams do. Each call is one transaction in which the consumer's progress moves with the effect.

-- Takes symbols from one applied seq to the next. Progress that is not where the caller believes it to be (another process, a
-- repeated call) is an error and nothing is done: this is what makes every event count exactly once.
CREATE FUNCTION advance_seq(p_consumer text, p_symbol text[], p_from bigint[], p_to bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_moved integer;
  v_new integer;
BEGIN
  UPDATE applied_seq a SET seq = u.upto
  FROM unnest(p_symbol, p_from, p_to) AS u(symbol, since, upto)
  WHERE a.consumer = p_consumer AND a.symbol = u.symbol AND a.seq = u.since;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < cardinality(p_symbol) THEN
    INSERT INTO applied_seq (consumer, symbol, seq)
    SELECT p_consumer, u.symbol, u.upto FROM unnest(p_symbol, p_from, p_to) AS u(symbol, since, upto)
    WHERE u.since = 0
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_new = ROW_COUNT;
    IF v_moved + v_new < cardinality(p_symbol) THEN
      RAISE EXCEPTION 'the applied seq of % has moved', p_consumer USING ERRCODE = 'SN001';
    END IF;
  END IF;
END $$;

CREATE FUNCTION advance_position(p_consumer text, p_topic text, p_partition integer, p_next_offset bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO positions AS p (consumer, topic, partition, next_offset)
  VALUES (p_consumer, p_topic, p_partition, p_next_offset)
  ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = greatest(p.next_offset, excluded.next_offset)
$$;

-- Adds to wallets, making those that are missing. Cost basis (display only, src/ledger/cost.ts): purchases against the quote asset
-- the position was opened in add to it, sales and withdrawals take their share.
CREATE FUNCTION move_money(
  p_user text[], p_asset text[], p_balance bigint[], p_locked bigint[], p_bought bigint[], p_paid bigint[], p_sold bigint[],
  p_quote text[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_moved integer;
BEGIN
  UPDATE wallets w SET
    balance = w.balance + u.balance,
    locked = w.locked + u.locked,
    cost_asset = CASE WHEN w.balance + u.balance <= 0 THEN NULL WHEN w.balance <= 0 OR w.cost_asset IS NULL
      THEN coalesce(u.quote, w.cost_asset) ELSE w.cost_asset END,
    cost = CASE WHEN u.bought = 0 AND u.sold = 0 THEN w.cost WHEN w.balance + u.balance <= 0 THEN 0 ELSE floor(
      (CASE WHEN w.balance <= 0 OR w.cost_asset IS NULL THEN u.paid WHEN w.cost_asset = u.quote THEN w.cost + u.paid
        ELSE w.cost END)::double precision
      / (w.balance + u.bought) * (w.balance + u.balance))::bigint END
  FROM unnest(p_user, p_asset, p_balance, p_locked, p_bought, p_paid, p_sold, p_quote)
    AS u(user_id, asset, balance, locked, bought, paid, sold, quote)
  WHERE w.user_id = u.user_id AND w.asset = u.asset;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < cardinality(p_user) THEN
    INSERT INTO wallets (user_id, asset, balance, locked, cost, cost_asset)
    SELECT u.user_id, u.asset, u.balance, u.locked, u.paid, u.quote
    FROM unnest(p_user, p_asset, p_balance, p_locked, p_paid, p_quote) AS u(user_id, asset, balance, locked, paid, quote)
    WHERE NOT EXISTS (SELECT FROM wallets w WHERE w.user_id = u.user_id AND w.asset = u.asset);
  END IF;
END $$;

-- Settles a run of events, summed up per order (src/ledger/settle.ts): its last status, quantities and terms, and the sums of
-- its trades. A buyer pays amounts and fees out of its hold and receives base units, a seller pays base units and receives
-- amounts less fees, the fees go to the account 'exchange'. Afterwards an order holds what its open quantity needs, and nothing
-- once it is final; the difference is free again. p_replaces: requests that have their outcome.
CREATE FUNCTION settle_orders(
  p_order_id text[], p_status text[], p_reason text[], p_filled_qty integer[], p_remaining_qty integer[], p_updated_at bigint[],
  p_price integer[], p_quantity integer[], p_traded_qty integer[], p_traded_notional bigint[], p_traded_amount bigint[],
  p_fees bigint[], p_replaces text[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_changed integer;
  v_user text[];
  v_asset text[];
  v_balance bigint[];
  v_locked bigint[];
  v_bought bigint[];
  v_paid bigint[];
  v_sold bigint[];
  v_quote text[];
BEGIN
  -- First, so that no wallet is locked twice for what a replace has turned into the order's own hold.
  IF cardinality(p_replaces) > 0 THEN
    PERFORM release_replaces(p_replaces);
  END IF;
  WITH changed AS (
    UPDATE orders o SET
      status = u.status,
      reason = u.reason,
      filled_qty = u.filled_qty,
      remaining_qty = u.remaining_qty,
      updated_at = u.updated_at,
      filled_notional = o.filled_notional + coalesce(u.traded_notional, 0),
      price = coalesce(u.price, o.price),
      quantity = coalesce(u.quantity, o.quantity),
      open = NOT u.final,
      prev_hold = o.hold + CASE WHEN u.final THEN o.replace_hold ELSE 0 END,
      hold = CASE WHEN u.final THEN 0 ELSE order_need(o.is_buy, coalesce(u.price, o.price), u.remaining_qty, o.amount_scale,
        o.base_scale, greatest(o.maker_fee_bps, o.taker_fee_bps)) END,
      replace_hold = CASE WHEN u.final THEN 0 ELSE o.replace_hold END
    FROM (
      SELECT *, x.status IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED') AS final
      FROM unnest(p_order_id, p_status, p_reason, p_filled_qty, p_remaining_qty, p_updated_at, p_price, p_quantity,
        p_traded_qty, p_traded_notional, p_traded_amount, p_fees)
        AS x(order_id, status, reason, filled_qty, remaining_qty, updated_at, price, quantity, traded_qty, traded_notional,
        traded_amount, fees)
    ) AS u
    WHERE o.order_id = u.order_id AND o.open
    RETURNING o.user_id, o.is_buy, o.hold_asset, o.credit_asset, o.prev_hold - o.hold AS freed,
      coalesce(CASE WHEN o.is_buy THEN u.traded_amount + coalesce(u.fees, 0) ELSE u.traded_qty * o.base_scale END, 0) AS paid,
      coalesce(CASE WHEN o.is_buy THEN u.traded_qty * o.base_scale ELSE u.traded_amount - coalesce(u.fees, 0) END, 0) AS received,
      coalesce(u.fees, 0) AS fees
  ), moves AS (
    SELECT c.user_id, c.hold_asset AS asset, -c.paid AS balance, -c.freed AS locked, 0 AS bought, 0 AS paid,
      CASE WHEN c.is_buy THEN 0 ELSE c.paid END AS sold, NULL AS quote
    FROM changed c WHERE c.freed <> 0 OR c.paid <> 0
    UNION ALL
    SELECT c.user_id, c.credit_asset, c.received, 0, CASE WHEN c.is_buy THEN c.received ELSE 0 END,
      CASE WHEN c.is_buy THEN c.paid ELSE 0 END, 0, CASE WHEN c.is_buy THEN c.hold_asset END
    FROM changed c WHERE c.received <> 0
    UNION ALL
    SELECT 'exchange', CASE WHEN c.is_buy THEN c.hold_asset ELSE c.credit_asset END, c.fees, 0, 0, 0, 0, NULL
    FROM changed c WHERE c.fees <> 0
  ), sums AS (
    SELECT m.user_id, m.asset, sum(m.balance)::bigint AS balance, sum(m.locked)::bigint AS locked, sum(m.bought)::bigint AS bought,
      sum(m.paid)::bigint AS paid, sum(m.sold)::bigint AS sold, max(m.quote) AS quote
    FROM moves m GROUP BY m.user_id, m.asset ORDER BY m.user_id, m.asset
  )
  SELECT (SELECT count(*) FROM changed), array_agg(s.user_id), array_agg(s.asset), array_agg(s.balance), array_agg(s.locked), array_agg(s.bought), array_agg(s.paid),
    array_agg(s.sold), array_agg(s.quote)
  INTO v_changed, v_user, v_asset, v_balance, v_locked, v_bought, v_paid, v_sold, v_quote
  FROM sums s;
  IF v_changed <> cardinality(p_order_id) THEN
    RAISE EXCEPTION '% of % orders that events name are not open in the store', cardinality(p_order_id) - v_changed,
      cardinality(p_order_id) USING ERRCODE = 'SN002';
  END IF;
  IF v_user IS NOT NULL THEN
    PERFORM move_money(v_user, v_asset, v_balance, v_locked, v_bought, v_paid, v_sold, v_quote);
  END IF;
  -- No replace of an order that ended can succeed any more; its wallet's lock already counts them out.
  IF EXISTS (SELECT FROM replace_holds) THEN
    DELETE FROM replace_holds h USING unnest(p_order_id, p_status) AS u(order_id, status)
    WHERE h.order_id = u.order_id AND u.status IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED');
  END IF;
END $$;

-- Defines an instrument, and the assets that it brings.
CREATE FUNCTION set_instrument(p_definition jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO assets (code, decimals, kind) VALUES
    (p_definition ->> 'base', (p_definition ->> 'base_decimals')::integer, 'SECURITY'),
    (p_definition ->> 'quote', (p_definition ->> 'quote_decimals')::integer, 'CURRENCY')
  ON CONFLICT (code) DO NOTHING;
  INSERT INTO instruments (symbol, definition) VALUES (p_definition ->> 'symbol', p_definition)
  ON CONFLICT (symbol) DO UPDATE SET definition = excluded.definition;
END $$;

-- Changes fields of an instrument (its status, its reference price).
CREATE FUNCTION change_instrument(p_symbol text, p_fields jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE instruments SET definition = definition || p_fields WHERE symbol = p_symbol
$$;

-- Makes the partition of a trading day (Asia/Seoul, UTC+9 without summer time) that holds a moment.
CREATE FUNCTION ensure_trade_partition(p_traded_at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c_day CONSTANT bigint := 86400000;
  c_offset CONSTANT bigint := 9 * 3600000;
  v_day bigint := (p_traded_at + c_offset) / c_day;
  v_name text := 'trade_history_' || to_char(DATE '1970-01-01' + v_day::integer, 'YYYYMMDD');
BEGIN
  IF to_regclass(v_name) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(7305810274211);
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF trade_history FOR VALUES FROM (%s) TO (%s)', v_name,
    v_day * c_day - c_offset, (v_day + 1) * c_day - c_offset);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_name);
END $$;

CREATE FUNCTION save_trades(
  p_trade_id text[], p_symbol text[], p_seq bigint[], p_traded_at bigint[], p_price integer[], p_quantity integer[],
  p_amount bigint[], p_taker_side text[], p_buyer_order_id text[], p_buyer_user_id text[], p_buyer_fee bigint[],
  p_seller_order_id text[], p_seller_user_id text[], p_seller_fee bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ensure_trade_partition(d.traded_at) FROM (
    SELECT min(t.at) AS traded_at FROM unnest(p_traded_at) AS t(at) GROUP BY (t.at + 32400000) / 86400000) AS d;
  INSERT INTO trade_history (trade_id, symbol, seq, traded_at, price, quantity, amount, taker_side, buyer_order_id,
    buyer_user_id, buyer_fee, seller_order_id, seller_user_id, seller_fee)
  SELECT u.trade_id, u.symbol, u.seq, u.traded_at, u.price, u.quantity, u.amount, u.taker_side, u.buyer_order_id,
    u.buyer_user_id, coalesce(u.buyer_fee, 0), u.seller_order_id, u.seller_user_id, coalesce(u.seller_fee, 0)
  FROM unnest(p_trade_id, p_symbol, p_seq, p_traded_at, p_price, p_quantity, p_amount, p_taker_side, p_buyer_order_id,
    p_buyer_user_id, p_buyer_fee, p_seller_order_id, p_seller_user_id, p_seller_fee)
    AS u(trade_id, symbol, seq, traded_at, price, quantity, amount, taker_side, buyer_order_id, buyer_user_id, buyer_fee,
    seller_order_id, seller_user_id, seller_fee);
END $$;

-- Deposits and withdrawals, each once by transfer_id. A deposit is refused when the account's deposits less withdrawals of the
-- asset would pass 2^53 - 1: the ledger alone decides, so a rebuild decides the same. A withdrawal was held before its record
-- was written; one that was not (a rebuild knows no holds) is taken as it is while rebuilding, else only from what is available.
CREATE FUNCTION apply_transfers(
  p_transfer_id text[], p_action text[], p_user_id text[], p_asset text[], p_amount bigint[], p_created_at bigint[],
  p_actor text[]
) RETURNS TABLE (n integer, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  c_max CONSTANT bigint := 9007199254740991;
  v_n integer;
  v_known transfers%ROWTYPE;
  v_held boolean;
  v_status text;
  v_amount bigint;
  v_rebuilding boolean := EXISTS (SELECT FROM rebuilds);
BEGIN
  FOR v_n IN 1 .. cardinality(p_transfer_id) LOOP
    SELECT * INTO v_known FROM transfers t WHERE t.transfer_id = p_transfer_id[v_n] FOR UPDATE;
    v_held := FOUND AND v_known.status = 'HELD';
    IF v_known.transfer_id IS NOT NULL AND NOT v_held THEN
      RETURN QUERY SELECT v_n, CASE v_known.status WHEN 'APPLIED' THEN 'DUPLICATE' ELSE v_known.status END;
      CONTINUE;
    END IF;
    v_amount := CASE WHEN v_held THEN v_known.amount ELSE p_amount[v_n] END;
    v_status := 'APPLIED';
    INSERT INTO wallets (user_id, asset) VALUES (p_user_id[v_n], p_asset[v_n]) ON CONFLICT DO NOTHING;
    IF p_action[v_n] = 'DEPOSIT' THEN
      UPDATE wallets w SET balance = w.balance + v_amount, net_deposits = w.net_deposits + v_amount
      WHERE w.user_id = p_user_id[v_n] AND w.asset = p_asset[v_n] AND w.net_deposits <= c_max - v_amount;
      IF NOT FOUND THEN v_status := 'BALANCE_LIMIT'; END IF;
    ELSE
      UPDATE wallets w SET
        balance = w.balance - v_amount,
        locked = w.locked - CASE WHEN v_held THEN v_amount ELSE 0 END,
        net_deposits = w.net_deposits - v_amount,
        cost = CASE WHEN w.balance - v_amount <= 0 THEN 0
          ELSE floor(w.cost::double precision / w.balance * (w.balance - v_amount))::bigint END,
        cost_asset = CASE WHEN w.balance - v_amount <= 0 THEN NULL ELSE w.cost_asset END
      WHERE w.user_id = p_user_id[v_n] AND w.asset = p_asset[v_n]
        AND (v_held OR v_rebuilding OR w.balance - w.locked >= v_amount);
      IF NOT FOUND THEN v_status := 'INSUFFICIENT_FUNDS'; END IF;
    END IF;
    IF v_status = 'APPLIED' THEN
      INSERT INTO supplies AS s (asset, amount)
      VALUES (p_asset[v_n], CASE p_action[v_n] WHEN 'DEPOSIT' THEN v_amount ELSE -v_amount END)
      ON CONFLICT (asset) DO UPDATE SET amount = s.amount + excluded.amount;
    END IF;
    INSERT INTO transfers (transfer_id, action, user_id, asset, amount, created_at, actor, status)
    VALUES (p_transfer_id[v_n], p_action[v_n], p_user_id[v_n], p_asset[v_n], v_amount, p_created_at[v_n], p_actor[v_n], v_status)
    ON CONFLICT (transfer_id) DO UPDATE SET status = excluded.status, created_at = excluded.created_at, actor = excluded.actor;
    RETURN QUERY SELECT v_n, v_status;
  END LOOP;
END $$;
