-- Making the store again from the log.

-- Wallets may be short while the streams are replayed one after the other. Refused unless the store is fresh.
CREATE FUNCTION begin_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM wallets) OR EXISTS (SELECT FROM orders) OR EXISTS (SELECT FROM positions) THEN
    RAISE EXCEPTION 'a rebuild needs a fresh store' USING ERRCODE = 'SN003';
  END IF;
  INSERT INTO rebuilds (started) VALUES (true);
  ALTER TABLE wallets DROP CONSTRAINT wallets_locked_not_negative, DROP CONSTRAINT wallets_balance_covers_locked;
END $$;

-- Fails, and leaves the store marked as unfinished, when a wallet does not come out right.
CREATE FUNCTION end_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  ALTER TABLE wallets
    ADD CONSTRAINT wallets_locked_not_negative CHECK (locked >= 0),
    ADD CONSTRAINT wallets_balance_covers_locked CHECK (balance >= locked);
  DELETE FROM rebuilds;
END $$;

-- Records orders and holds of the log without checking balances; known ids are left alone.
CREATE FUNCTION replay_orders(
  p_order_id text[], p_user_id text[], p_client_order_id text[], p_content_hash text[], p_symbol text[], p_is_buy boolean[],
  p_order_type text[], p_time_in_force text[], p_price integer[], p_quantity integer[], p_stop_price integer[],
  p_display_quantity integer[], p_post_only boolean[], p_stp text[], p_hold bigint[], p_hold_asset text[],
  p_credit_asset text[], p_amount_scale bigint[], p_base_scale bigint[], p_maker_fee_bps integer[],
  p_taker_fee_bps integer[], p_route_epoch bigint[], p_created_at bigint[]
) RETURNS void LANGUAGE sql AS $$
  WITH fresh AS (
    INSERT INTO orders (order_id, user_id, client_order_id, content_hash, symbol, is_buy, order_type, time_in_force, price,
      quantity, remaining_qty, stop_price, display_quantity, post_only, stp, hold, hold_asset, credit_asset, amount_scale,
      base_scale, maker_fee_bps, taker_fee_bps, route_epoch, created_at, updated_at)
    SELECT u.order_id, u.user_id, u.client_order_id, u.content_hash, u.symbol, u.is_buy, u.order_type, u.time_in_force, u.price,
      u.quantity, u.quantity, u.stop_price, u.display_quantity, coalesce(u.post_only, false), coalesce(u.stp, 'NONE'), u.hold,
      u.hold_asset, u.credit_asset, u.amount_scale, u.base_scale, coalesce(u.maker_fee_bps, 0), coalesce(u.taker_fee_bps, 0),
      coalesce(u.route_epoch, 0), u.created_at, u.created_at
    FROM unnest(p_order_id, p_user_id, p_client_order_id, p_content_hash, p_symbol, p_is_buy, p_order_type, p_time_in_force,
      p_price, p_quantity, p_stop_price, p_display_quantity, p_post_only, p_stp, p_hold, p_hold_asset, p_credit_asset,
      p_amount_scale, p_base_scale, p_maker_fee_bps, p_taker_fee_bps, p_route_epoch, p_created_at)
      AS u(order_id, user_id, client_order_id, content_hash, symbol, is_buy, order_type, time_in_force, price, quantity,
      stop_price, display_quantity, post_only, stp, hold, hold_asset, credit_asset, amount_scale, base_scale, maker_fee_bps,
      taker_fee_bps, route_epoch, created_at)
    ON CONFLICT (order_id) DO NOTHING
    RETURNING user_id, hold_asset, hold
  )
  INSERT INTO wallets AS w (user_id, asset, locked)
  SELECT user_id, hold_asset, sum(hold)::bigint FROM fresh GROUP BY user_id, hold_asset
  ON CONFLICT (user_id, asset) DO UPDATE SET locked = w.locked + excluded.locked
$$;

-- Holds of replaces, as their records say; of orders that ended, and of known requests, nothing.
CREATE FUNCTION replay_replaces(p_request_id text[], p_order_id text[], p_user_id text[], p_amount bigint[]) RETURNS void
LANGUAGE sql AS $$
  SELECT hold_replace(u.request_id, u.order_id, u.amount)
  FROM unnest(p_request_id, p_order_id, p_user_id, p_amount) AS u(request_id, order_id, user_id, amount)
  JOIN orders o ON o.order_id = u.order_id AND o.user_id = u.user_id AND o.open
  WHERE NOT EXISTS (SELECT FROM replace_holds h WHERE h.request_id = u.request_id)
$$;

-- Rows of a checkpoint, by column names. What the rows do not say gets its default.
CREATE FUNCTION import_rows(p_table text, p_rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_columns text := (SELECT string_agg(quote_ident(k.key), ', ') FROM jsonb_object_keys(p_rows -> 0) AS k(key));
BEGIN
  IF NOT EXISTS (SELECT FROM rebuilds) THEN
    RAISE EXCEPTION 'rows are imported only while rebuilding' USING ERRCODE = 'SN003';
  END IF;
  IF p_table = 'trade_history' THEN
    PERFORM ensure_trade_partition(d.traded_at) FROM (
      SELECT min((r.value ->> 'traded_at')::bigint) AS traded_at FROM jsonb_array_elements(p_rows) AS r(value)
      GROUP BY ((r.value ->> 'traded_at')::bigint + 32400000) / 86400000) AS d;
  END IF;
  EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM jsonb_populate_recordset(NULL::%I, $1) ON CONFLICT DO NOTHING',
    p_table, v_columns, v_columns, p_table) USING p_rows;
END $$;
