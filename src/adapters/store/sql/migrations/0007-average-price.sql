-- The average price of a position is that of its purchases (src/ledger/cost.ts): units that came in by a deposit count at it. They
-- counted as bought for nothing. Both functions are as in 0003 but for the cost basis.
CREATE OR REPLACE FUNCTION move_money(
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
    cost_asset = CASE WHEN w.balance + u.balance <= 0 THEN NULL WHEN w.balance <= 0 OR w.cost_asset IS NULL OR w.cost <= 0
      THEN coalesce(u.quote, w.cost_asset) ELSE w.cost_asset END,
    cost = CASE WHEN u.bought = 0 AND u.sold = 0 THEN w.cost WHEN w.balance + u.balance <= 0 THEN 0 ELSE least(
      9007199254740991::double precision, floor(
        (CASE WHEN w.balance <= 0 THEN u.paid
          WHEN (w.cost_asset IS NULL OR w.cost <= 0) AND u.bought = 0 THEN 0
          WHEN w.cost_asset IS NULL OR w.cost <= 0 THEN u.paid::double precision / u.bought * (w.balance + u.bought)
          WHEN w.cost_asset = u.quote THEN w.cost + u.paid ELSE w.cost END)::double precision
        / (w.balance + u.bought) * (w.balance + u.balance)))::bigint END
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

CREATE OR REPLACE FUNCTION apply_transfers(
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
      UPDATE wallets w SET
        balance = w.balance + v_amount,
        net_deposits = w.net_deposits + v_amount,
        cost = CASE WHEN w.cost <= 0 OR w.balance <= 0 THEN w.cost ELSE least(9007199254740991::double precision,
          floor(w.cost::double precision / w.balance * (w.balance + v_amount)))::bigint END
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

-- A function that is replaced forgets its settings (0006).
DO $$
DECLARE
  v_function regprocedure;
  v_setting text;
BEGIN
  IF version() LIKE '%PGlite%' THEN RETURN; END IF;
  FOR v_function IN
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
      AND p.proname = 'move_money'
  LOOP
    FOREACH v_setting IN ARRAY ARRAY['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_bitmapscan = off',
      'enable_hashjoin = off', 'enable_mergejoin = off', 'jit = off']
    LOOP
      EXECUTE format('ALTER FUNCTION %s SET %s', v_function, v_setting);
    END LOOP;
  END LOOP;
END $$;
