-- The functions take arrays of any length and look rows up by key. A plan made for the first, short arrays over the first, empty
-- tables must be right for long ones over large tables, so the choice is not left to estimates; and it is made once, not for every
-- call. PGlite has one session, which sets the same by itself: there, setting and resetting them costs as much as an order.
DO $$
DECLARE
  v_function regprocedure;
  v_setting text;
BEGIN
  IF version() LIKE '%PGlite%' THEN RETURN; END IF;
  FOR v_function IN
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
      AND p.proname IN ('enter_orders', 'advance_seq', 'settle_orders', 'move_money')
  LOOP
    FOREACH v_setting IN ARRAY ARRAY['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_bitmapscan = off',
      'enable_hashjoin = off', 'enable_mergejoin = off', 'jit = off']
    LOOP
      EXECUTE format('ALTER FUNCTION %s SET %s', v_function, v_setting);
    END LOOP;
  END LOOP;
END $$;
