-- Order entry: holding funds and recording orders. One call, one transaction.

-- What an open quantity at a price must hold (src/ledger/hold.ts): price x quantity plus the larger fee for a buyer, the
-- quantity for a seller. The fee is floor(amount x bps / 10,000), split so that no step passes 64 bits.
CREATE FUNCTION order_need(
  p_is_buy boolean, p_price bigint, p_quantity bigint, p_amount_scale bigint, p_base_scale bigint, p_fee_bps bigint
) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN NOT p_is_buy THEN p_quantity * p_base_scale
    WHEN p_fee_bps = 0 THEN p_price * p_quantity * p_amount_scale
    ELSE p_price * p_quantity * p_amount_scale
      + (p_price * p_quantity * p_amount_scale / 10000) * p_fee_bps
      + (p_price * p_quantity * p_amount_scale % 10000) * p_fee_bps / 10000
  END
$$;

-- Holds funds for new orders and records them as PENDING, in the given order: an order that its wallet does not cover is
-- refused, and the ones after it are still tried. Optional arrays may be empty, which means their default for all.
-- Answers only what was not held: its place n (from 1), the outcome, what was available, and the order that is known.
-- p_careful decides order by order; without it only the wallets that are short are looked at one order at a time, and an order
-- id that exists, a client order id that comes twice in one call (unique_violation) or an asset whose supply comes near 2^53
-- (SN004) is an error, after which nothing was done.
CREATE FUNCTION enter_orders(
  p_order_id text[], p_user_id text[], p_client_order_id text[], p_content_hash text[], p_symbol text[], p_is_buy boolean[],
  p_order_type text[], p_time_in_force text[], p_price integer[], p_quantity integer[], p_stop_price integer[],
  p_display_quantity integer[], p_post_only boolean[], p_stp text[], p_hold bigint[], p_hold_asset text[],
  p_credit_asset text[], p_credit bigint[], p_amount_scale bigint[], p_base_scale bigint[], p_maker_fee_bps integer[],
  p_taker_fee_bps integer[], p_route_epoch bigint[], p_created_at bigint[], p_careful boolean
) RETURNS TABLE (n integer, outcome text, available bigint, known_order_id text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  c_max CONSTANT bigint := 9007199254740991;
  v_known integer[] := '{}';
  v_wallets integer;
  v_held integer;
  v_near_limit boolean;
  v_keys text[];
  v_slow integer[] := '{}';
  v_n integer;
  v_order_id text;
  v_available bigint;
BEGIN
  IF p_careful THEN
    v_slow := ARRAY(SELECT generate_series(1, cardinality(p_order_id)));
  ELSE
    IF cardinality(p_client_order_id) > 0 THEN
      FOR v_n, v_order_id IN
        SELECT u.n, o.order_id
        FROM unnest(p_user_id, p_client_order_id) WITH ORDINALITY AS u(user_id, client_order_id, n)
        JOIN orders o ON o.user_id = u.user_id AND o.client_order_id = u.client_order_id
        WHERE u.client_order_id IS NOT NULL
      LOOP
        v_known := v_known || v_n;
        RETURN QUERY SELECT v_n, 'DUPLICATE', 0::bigint, v_order_id;
      END LOOP;
    END IF;
    WITH sums AS (
      SELECT u.user_id, u.asset, sum(u.hold)::bigint AS hold
      FROM unnest(p_user_id, p_hold_asset, p_hold) WITH ORDINALITY AS u(user_id, asset, hold, n)
      WHERE u.n <> ALL (v_known)
      GROUP BY u.user_id, u.asset
      -- Wallets are locked in one order everywhere, so that two transactions do not wait for each other.
      ORDER BY u.user_id, u.asset
    ), held AS (
      UPDATE wallets w SET locked = w.locked + s.hold
      FROM sums s
      WHERE w.user_id = s.user_id AND w.asset = s.asset AND w.balance - w.locked >= s.hold
      RETURNING w.user_id, w.asset
    )
    SELECT (SELECT count(*) FROM sums), count(*), array_agg(h.user_id || E'\n' || h.asset), EXISTS (
      SELECT FROM supplies s
      WHERE s.amount > c_max - (SELECT max(c.credit) FROM unnest(p_credit) AS c(credit)) AND s.asset = ANY (p_credit_asset))
    INTO v_wallets, v_held, v_keys, v_near_limit
    FROM held h;
    -- No wallet holds more than all that was deposited, so the limit needs a look only when an asset's supply comes near it.
    IF v_near_limit THEN
      RAISE EXCEPTION 'a wallet may come near its limit: decide order by order' USING ERRCODE = 'SN004';
    END IF;
    IF v_held < v_wallets THEN
      v_slow := ARRAY(
        SELECT u.n FROM unnest(p_user_id, p_hold_asset) WITH ORDINALITY AS u(user_id, asset, n)
        WHERE u.user_id || E'\n' || u.asset <> ALL (coalesce(v_keys, '{}')) AND u.n <> ALL (v_known) ORDER BY u.n);
    END IF;
    INSERT INTO orders (order_id, user_id, client_order_id, content_hash, symbol, is_buy, order_type, time_in_force, price,
      quantity, remaining_qty, stop_price, display_quantity, post_only, stp, hold, hold_asset, credit_asset, amount_scale,
      base_scale, maker_fee_bps, taker_fee_bps, route_epoch, created_at, updated_at)
    SELECT u.order_id, u.user_id, u.client_order_id, u.content_hash, u.symbol, u.is_buy, u.order_type, u.time_in_force, u.price,
      u.quantity, u.quantity, u.stop_price, u.display_quantity, coalesce(u.post_only, false), coalesce(u.stp, 'NONE'), u.hold,
      u.hold_asset, u.credit_asset, u.amount_scale, u.base_scale, coalesce(u.maker_fee_bps, 0), coalesce(u.taker_fee_bps, 0),
      coalesce(u.route_epoch, 0), u.created_at, u.created_at
    FROM unnest(p_order_id, p_user_id, p_client_order_id, p_content_hash, p_symbol, p_is_buy, p_order_type, p_time_in_force,
      p_price, p_quantity, p_stop_price, p_display_quantity, p_post_only, p_stp, p_hold, p_hold_asset, p_credit_asset,
      p_amount_scale, p_base_scale, p_maker_fee_bps, p_taker_fee_bps, p_route_epoch, p_created_at) WITH ORDINALITY
      AS u(order_id, user_id, client_order_id, content_hash, symbol, is_buy, order_type, time_in_force, price, quantity,
      stop_price, display_quantity, post_only, stp, hold, hold_asset, credit_asset, amount_scale, base_scale, maker_fee_bps,
      taker_fee_bps, route_epoch, created_at, n)
    WHERE u.n <> ALL (v_known) AND u.n <> ALL (v_slow);
  END IF;

  FOREACH v_n IN ARRAY v_slow LOOP
    -- A call that is repeated because its answer got lost finds its orders there.
    CONTINUE WHEN EXISTS (SELECT FROM orders o WHERE o.order_id = p_order_id[v_n]);
    SELECT o.order_id INTO v_order_id FROM orders o
    WHERE o.user_id = p_user_id[v_n] AND o.client_order_id = p_client_order_id[v_n];
    IF FOUND THEN
      RETURN QUERY SELECT v_n, 'DUPLICATE', 0::bigint, v_order_id;
      CONTINUE;
    END IF;
    IF EXISTS (
      SELECT FROM wallets w
      WHERE w.user_id = p_user_id[v_n] AND w.asset = p_credit_asset[v_n] AND w.balance > c_max - p_credit[v_n])
    THEN
      RETURN QUERY SELECT v_n, 'BALANCE_LIMIT', 0::bigint, NULL::text;
      CONTINUE;
    END IF;
    UPDATE wallets w SET locked = w.locked + p_hold[v_n]
    WHERE w.user_id = p_user_id[v_n] AND w.asset = p_hold_asset[v_n] AND w.balance - w.locked >= p_hold[v_n];
    IF NOT FOUND THEN
      SELECT w.balance - w.locked INTO v_available FROM wallets w
      WHERE w.user_id = p_user_id[v_n] AND w.asset = p_hold_asset[v_n];
      RETURN QUERY SELECT v_n, 'INSUFFICIENT_FUNDS', coalesce(v_available, 0), NULL::text;
      CONTINUE;
    END IF;
    INSERT INTO orders (order_id, user_id, client_order_id, content_hash, symbol, is_buy, order_type, time_in_force, price,
      quantity, remaining_qty, stop_price, display_quantity, post_only, stp, hold, hold_asset, credit_asset, amount_scale,
      base_scale, maker_fee_bps, taker_fee_bps, route_epoch, created_at, updated_at)
    VALUES (p_order_id[v_n], p_user_id[v_n], p_client_order_id[v_n], p_content_hash[v_n], p_symbol[v_n], p_is_buy[v_n],
      p_order_type[v_n], p_time_in_force[v_n], p_price[v_n], p_quantity[v_n], p_quantity[v_n], p_stop_price[v_n],
      p_display_quantity[v_n], coalesce(p_post_only[v_n], false), coalesce(p_stp[v_n], 'NONE'), p_hold[v_n],
      p_hold_asset[v_n], p_credit_asset[v_n], p_amount_scale[v_n], p_base_scale[v_n], coalesce(p_maker_fee_bps[v_n], 0),
      coalesce(p_taker_fee_bps[v_n], 0), coalesce(p_route_epoch[v_n], 0), p_created_at[v_n], p_created_at[v_n]);
  END LOOP;
END $$;

-- Holds what replaces may need: the whole need of the new terms when the wallet affords it (fills in flight may use up the
-- order's own hold first), else what they need above the order's own hold, else the replace is refused.
CREATE FUNCTION enter_replaces(
  p_request_id text[], p_order_id text[], p_user_id text[], p_price integer[], p_quantity integer[], p_remaining integer[]
) RETURNS TABLE (n integer, outcome text, hold_delta bigint, needed bigint, available bigint, filled integer, asset text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  c_max CONSTANT bigint := 9007199254740991;
  v_n integer;
  v_order orders%ROWTYPE;
  v_price bigint;
  v_open bigint;
  v_exact numeric;
  v_need bigint;
  v_available bigint;
  v_amount bigint;
BEGIN
  FOR v_n IN 1 .. cardinality(p_request_id) LOOP
    SELECT * INTO v_order FROM orders o WHERE o.order_id = p_order_id[v_n] AND o.user_id = p_user_id[v_n] FOR UPDATE;
    IF NOT FOUND OR NOT v_order.open THEN
      RETURN QUERY SELECT v_n, CASE WHEN v_order.order_id IS NULL THEN 'ORDER_UNKNOWN' ELSE 'ORDER_CLOSED' END,
        0::bigint, 0::bigint, 0::bigint, 0, NULL::text;
      CONTINUE;
    END IF;
    SELECT h.amount INTO v_amount FROM replace_holds h WHERE h.request_id = p_request_id[v_n];
    IF FOUND THEN
      RETURN QUERY SELECT v_n, 'OPEN', v_amount, 0::bigint, 0::bigint, 0, NULL::text;
      CONTINUE;
    END IF;
    v_price := coalesce(p_price[v_n], v_order.price);
    v_open := coalesce(p_remaining[v_n], p_quantity[v_n] - v_order.filled_qty, v_order.remaining_qty);
    IF v_open <= 0 THEN
      RETURN QUERY SELECT v_n, 'QUANTITY_NOT_ABOVE_FILLED', 0::bigint, 0::bigint, 0::bigint, v_order.filled_qty, NULL::text;
      CONTINUE;
    END IF;
    v_exact := CASE WHEN v_order.is_buy THEN v_price::numeric * v_open * v_order.amount_scale ELSE v_open::numeric * v_order.base_scale END;
    v_need := CASE WHEN v_exact <= c_max THEN order_need(v_order.is_buy, v_price, v_open, v_order.amount_scale,
      v_order.base_scale, greatest(v_order.maker_fee_bps, v_order.taker_fee_bps)) END;
    IF v_need IS NULL OR v_need > c_max THEN
      RETURN QUERY SELECT v_n, 'NOTIONAL_TOO_LARGE', 0::bigint, 0::bigint, 0::bigint, 0, NULL::text;
      CONTINUE;
    END IF;
    SELECT w.balance - w.locked INTO v_available FROM wallets w
    WHERE w.user_id = v_order.user_id AND w.asset = v_order.hold_asset FOR UPDATE;
    v_available := coalesce(v_available, 0);
    v_amount := CASE WHEN v_available >= v_need THEN v_need ELSE greatest(0, v_need - v_order.hold) END;
    IF v_available < v_amount THEN
      RETURN QUERY SELECT v_n, 'INSUFFICIENT_FUNDS', 0::bigint, v_need - v_order.hold, v_available, 0, v_order.hold_asset;
      CONTINUE;
    END IF;
    IF v_amount > 0 THEN
      PERFORM hold_replace(p_request_id[v_n], v_order.order_id, v_amount);
    END IF;
    RETURN QUERY SELECT v_n, 'OPEN', v_amount, 0::bigint, 0::bigint, 0, NULL::text;
  END LOOP;
END $$;

-- Holds an amount for a replace of an open order, checked or (in a rebuild) known to be covered.
CREATE FUNCTION hold_replace(p_request_id text, p_order_id text, p_amount bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO replace_holds (request_id, order_id, amount) VALUES (p_request_id, p_order_id, p_amount);
  UPDATE orders SET replace_hold = replace_hold + p_amount WHERE order_id = p_order_id;
  UPDATE wallets w SET locked = w.locked + p_amount FROM orders o
  WHERE o.order_id = p_order_id AND w.user_id = o.user_id AND w.asset = o.hold_asset;
END $$;

-- Gives back what was held for replaces; those that are not held (any more) are left alone.
CREATE FUNCTION release_replaces(p_request_id text[]) RETURNS void LANGUAGE sql AS $$
  WITH released AS (
    DELETE FROM replace_holds h WHERE h.request_id = ANY (p_request_id) RETURNING h.order_id, h.amount
  ), freed AS (
    UPDATE orders o SET replace_hold = o.replace_hold - r.amount
    FROM (SELECT order_id, sum(amount)::bigint AS amount FROM released GROUP BY order_id) AS r
    WHERE o.order_id = r.order_id
    RETURNING o.user_id, o.hold_asset, r.amount
  )
  UPDATE wallets w SET locked = w.locked - f.amount
  FROM (SELECT user_id, hold_asset, sum(amount)::bigint AS amount FROM freed GROUP BY user_id, hold_asset) AS f
  WHERE w.user_id = f.user_id AND w.asset = f.hold_asset
$$;

-- Forgets orders whose record never reached the log, as if they had never been asked for.
CREATE FUNCTION release_unpublished(p_order_id text[], p_replace_request_id text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_order orders%ROWTYPE;
BEGIN
  PERFORM release_replaces(p_replace_request_id);
  FOR v_order IN DELETE FROM orders o WHERE o.order_id = ANY (p_order_id) RETURNING o.* LOOP
    IF v_order.status <> 'PENDING' THEN
      RAISE EXCEPTION 'order % is %: its record reached the log', v_order.order_id, v_order.status;
    END IF;
    DELETE FROM replace_holds h WHERE h.order_id = v_order.order_id;
    UPDATE wallets w SET locked = w.locked - v_order.hold - v_order.replace_hold
    WHERE w.user_id = v_order.user_id AND w.asset = v_order.hold_asset;
  END LOOP;
END $$;

-- Locks the amount of a withdrawal until its ledger record is applied.
CREATE FUNCTION hold_withdrawal(
  p_transfer_id text, p_user_id text, p_asset text, p_amount bigint, p_created_at bigint, p_actor text
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM transfers WHERE transfer_id = p_transfer_id) THEN RETURN 'DUPLICATE'; END IF;
  IF NOT EXISTS (SELECT FROM assets WHERE code = p_asset) THEN RETURN 'ASSET_UNKNOWN'; END IF;
  UPDATE wallets SET locked = locked + p_amount
  WHERE user_id = p_user_id AND asset = p_asset AND balance - locked >= p_amount;
  IF NOT FOUND THEN RETURN 'INSUFFICIENT_FUNDS'; END IF;
  INSERT INTO transfers (transfer_id, action, user_id, asset, amount, created_at, actor, status)
  VALUES (p_transfer_id, 'WITHDRAW', p_user_id, p_asset, p_amount, p_created_at, p_actor, 'HELD');
  RETURN 'HELD';
END $$;

-- Undoes the hold of a withdrawal whose record never reached the log.
CREATE FUNCTION release_withdrawal(p_transfer_id text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_transfer transfers%ROWTYPE;
BEGIN
  DELETE FROM transfers WHERE transfer_id = p_transfer_id AND status = 'HELD' RETURNING * INTO v_transfer;
  IF FOUND THEN
    UPDATE wallets SET locked = locked - v_transfer.amount
    WHERE user_id = v_transfer.user_id AND asset = v_transfer.asset;
  END IF;
END $$;
