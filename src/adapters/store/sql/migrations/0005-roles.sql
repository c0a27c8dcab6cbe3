-- Functions are executable by everyone by default, and Supabase offers those of this schema to the internet. Only the owner may
-- move money, and Supabase's service role where there is one.
DO $$
DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN ('order_need', 'enter_orders', 'enter_replaces',
      'hold_replace', 'release_replaces', 'release_unpublished', 'hold_withdrawal', 'release_withdrawal', 'advance_seq',
      'advance_position', 'move_money', 'settle_orders', 'set_instrument', 'change_instrument', 'ensure_trade_partition',
      'save_trades', 'apply_transfers', 'begin_rebuild', 'end_rebuild', 'replay_orders', 'replay_replaces',
      'import_rows')
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon') THEN
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM anon, authenticated', v_function);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO service_role', v_function);
    END IF;
  END LOOP;
END $$;
