-- Market data of one symbol, atomically: the twin of src/domain/market-state.ts and src/adapters/cache/in-process/market.ts.
-- The suite in test/conformance/cache holds both to the same bytes.
-- KEYS: state, active minute, closed minutes, trades, ohlc, prev, ticker, then one for each rollup.
-- ARGV: the operation, a JSON table of limits, and what the operation needs.

local STATE, MINUTE, CLOSED, TRADES, OHLC, PREVIOUS, TICKER = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local FIRST_ROLLUP = 8
local limits = cjson.decode(ARGV[2])

-- A bar is {start, label, open, high, low, close, volume}; a day {open, high, low, close, volume, timestamp[, change]}.
local function int(value) return string.format('%.0f', value) end

-- Hundredths of a per cent, as a JSON number of per cent.
local function percent(bps) return string.format('%.14g', bps / 100) end

local function change(price, reference)
  if reference > 0 then return math.floor((price - reference) * 10000 / reference + 0.5) end
  return 0
end

local function read_state()
  local text = redis.call('GET', STATE)
  if text then
    local state = cjson.decode(text)
    if state.version ~= 1 then error('candle state of another version: ' .. tostring(state.version)) end
    return state
  end
  return { seq = 0, closed = 0, bar = {}, rollups = {}, session = {}, previous = {}, last = 0, reference = 0 }
end

local function bar_text(bar)
  local numbers = {}
  for i = 3, 7 do numbers[#numbers + 1] = int(bar[i]) end
  return '[' .. int(bar[1]) .. ',"' .. bar[2] .. '",' .. table.concat(numbers, ',') .. ']'
end

local function day_text(day)
  local numbers = {}
  for i = 1, #day do numbers[i] = int(day[i]) end
  return '[' .. table.concat(numbers, ',') .. ']'
end

local function write_state(state)
  local rollups = {}
  for i = 1, #state.rollups do rollups[i] = bar_text(state.rollups[i]) end
  redis.call('SET', STATE, '{"version":1,"seq":' .. int(state.seq) .. ',"closed":' .. int(state.closed)
    .. ',"bar":' .. (#state.bar > 0 and bar_text(state.bar) or '[]')
    .. ',"rollups":[' .. table.concat(rollups, ',') .. ']'
    .. ',"session":' .. day_text(state.session) .. ',"previous":' .. day_text(state.previous)
    .. ',"last":' .. int(state.last) .. ',"reference":' .. int(state.reference) .. '}')
end

local function candle_text(bar)
  return string.format('{"o":"%.0f","h":"%.0f","l":"%.0f","c":"%.0f","v":"%.0f","t":"%s","t_epoch":"%.0f"}',
    bar[3], bar[4], bar[5], bar[6], bar[7], bar[2], bar[1])
end

local function write_candle(key, bar, ttl)
  redis.call('HSET', key, 'o', int(bar[3]), 'h', int(bar[4]), 'l', int(bar[5]), 'c', int(bar[6]), 'v', int(bar[7]),
    't', bar[2], 't_epoch', int(bar[1]))
  redis.call('EXPIRE', key, ttl)
end

local function write_candles(state)
  if #state.bar > 0 and state.closed == 0 then write_candle(MINUTE, state.bar, limits.minute_ttl) end
  for i = 1, #state.rollups do write_candle(KEYS[FIRST_ROLLUP + i - 1], state.rollups[i], limits.rollup_ttl[i]) end
end

local function push(key, values, max, ttl)
  if #values == 0 then return end
  for i = 1, #values do redis.call('LPUSH', key, values[i]) end
  redis.call('LTRIM', key, 0, max - 1)
  redis.call('EXPIRE', key, ttl)
end

local function push_closed(values) push(CLOSED, values, limits.closed_max, limits.closed_ttl) end

local function put(key, text)
  if text then redis.call('SET', key, text) else redis.call('DEL', key) end
end

local function day_json(day, bps)
  return string.format('{"o":%.0f,"h":%.0f,"l":%.0f,"c":%.0f,"v":%.0f,"change":%s,"t":%.0f}',
    day[1], day[2], day[3], day[4], day[5], percent(bps), day[6])
end

local function write_previous(state)
  put(PREVIOUS, #state.previous > 0 and day_json(state.previous, state.previous[7]) or nil)
end

local function write_day(symbol, state, timestamp)
  put(OHLC, #state.session > 0 and day_json(state.session, change(state.session[4], state.reference)) or nil)
  local price = state.last > 0 and state.last or state.reference
  local yesterday = #state.previous > 0 and state.previous[7] or 0
  put(TICKER, price > 0 and string.format('{"e":"t","s":"%s","t":%.0f,"p":%.0f,"c":%s,"yc":%s}',
    symbol, timestamp, price, percent(change(price, state.reference)), percent(yesterday)) or nil)
end

-- Widens the prices and volume of a bar (first = 3) or a day (first = 1).
local function widen(bar, first, price, quantity)
  if price > bar[first + 1] then bar[first + 1] = price end
  if price < bar[first + 2] then bar[first + 2] = price end
  bar[first + 3] = price
  bar[first + 4] = bar[first + 4] + quantity
end

local function start_of(candle) return tonumber(string.match(candle, '"t_epoch":"(%d+)"')) end

-- A late trade changed a bar that is in the list already, at its head unless the list has expired.
local function rewrite_closed(bar)
  local head = redis.call('LINDEX', CLOSED, 0)
  if head and start_of(head) == bar[1] then
    redis.call('LSET', CLOSED, 0, candle_text(bar))
  else
    push_closed({ candle_text(bar) })
  end
end

-- A minute is {start, label, start and label of each rollup's bucket...}.
local function fold_trade(state, minute, price, quantity, timestamp, fold)
  if #state.bar > 0 and minute[1] <= state.bar[1] then
    widen(state.bar, 3, price, quantity)
    if state.closed == 1 then fold.reopened = state.bar end
  else
    if #state.bar > 0 and state.closed == 0 then fold.closed[#fold.closed + 1] = state.bar end
    state.bar = { minute[1], minute[2], price, price, price, price, quantity }
    state.closed = 0
  end
  for i = 1, (#minute - 2) / 2 do
    local start, label = minute[1 + 2 * i], minute[2 + 2 * i]
    local rollup = state.rollups[i]
    if rollup and start <= rollup[1] then
      widen(rollup, 3, price, quantity)
    else
      state.rollups[i] = { start, label, price, price, price, price, quantity }
    end
  end
  if #state.session == 0 then
    state.session = { price, price, price, price, quantity, timestamp }
  else
    widen(state.session, 1, price, quantity)
    state.session[6] = timestamp
  end
  state.last = price
end

local function fold_day(state, close, timestamp, fold)
  local day = state.session
  if #day == 0 and close > 0 then day = { close, close, close, close, 0, timestamp } end
  if #day > 0 then
    state.previous = { day[1], day[2], day[3], day[4], day[5], day[6], change(day[4], state.reference) }
    fold.rolled = true
  end
  state.session = {}
end

local function trade_json(symbol, item)
  return string.format('{"e":"trade","s":"%s","t":%.0f,"p":%.0f,"q":%.0f,"side":"%s","id":"%s"}',
    symbol, item[3], item[5], item[6], item[7], item[8])
end

-- ARGV: symbol, the seq before the items, {minutes, items}. An item is {kind, seq, timestamp, ...}:
-- 'T', minute (index from 0), price, quantity, side, id | 'D', close, reference | 'R', reference.
local function apply()
  local symbol, after, batch = ARGV[3], tonumber(ARGV[4]), cjson.decode(ARGV[5])
  local state = read_state()
  if state.seq < after then return { 'GAP', int(state.seq) } end
  local fold = { closed = {}, trades = {} }
  for _, item in ipairs(batch.items) do
    if item[2] > state.seq then
      state.seq = item[2]
      fold.timestamp = item[3]
      if item[1] == 'T' then
        fold_trade(state, batch.minutes[item[4] + 1], item[5], item[6], item[3], fold)
        fold.trades[#fold.trades + 1] = item
      else
        if item[1] == 'D' then fold_day(state, item[4], item[3], fold) end
        state.reference = item[#item]
      end
    end
  end
  local closed = {}
  if fold.timestamp then
    if fold.reopened then rewrite_closed(fold.reopened) end
    for i, bar in ipairs(fold.closed) do closed[i] = candle_text(bar) end
    push_closed(closed)
    if #fold.trades > 0 then
      local texts = {}
      for i = math.max(1, #fold.trades - limits.trades_max + 1), #fold.trades do
        texts[#texts + 1] = trade_json(symbol, fold.trades[i])
      end
      push(TRADES, texts, limits.trades_max, limits.trades_ttl)
      write_candles(state)
    end
    if fold.rolled then write_previous(state) end
    write_day(symbol, state, fold.timestamp)
    write_state(state)
  end
  table.insert(closed, 1, 'APPLIED')
  return closed
end

-- ARGV: now in epoch seconds.
local function close_minute()
  local state = read_state()
  if #state.bar == 0 or state.closed == 1 or state.bar[1] + 60 > tonumber(ARGV[3]) then return false end
  local text = candle_text(state.bar)
  push_closed({ text })
  redis.call('DEL', MINUTE)
  state.closed = 1
  write_state(state)
  return text
end

-- ARGV: symbol, the state to take over, the trades that replace those held (JSON texts, oldest first; none: they stay).
local function restore()
  local symbol, state, trades = ARGV[3], cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
  if read_state().seq >= state.seq then return 0 end
  if #trades > 0 then
    redis.call('DEL', TRADES)
    push(TRADES, trades, limits.trades_max, limits.trades_ttl)
  end
  redis.call('DEL', CLOSED, MINUTE)
  for i = FIRST_ROLLUP, #KEYS do redis.call('DEL', KEYS[i]) end
  if #state.bar > 0 then
    if state.closed == 1 then push_closed({ candle_text(state.bar) }) end
    write_candles(state)
  end
  write_previous(state)
  write_day(symbol, state, state.session[6] or state.previous[6] or 0)
  write_state(state)
  return 1
end

-- ARGV: candles that start before this (epoch seconds) are stored elsewhere; the newest stays.
local function trim()
  local before = tonumber(ARGV[3])
  while redis.call('LLEN', CLOSED) > 1 and start_of(redis.call('LINDEX', CLOSED, -1)) < before do
    redis.call('RPOP', CLOSED)
  end
  return 0
end

local operations = { apply = apply, close = close_minute, restore = restore, trim = trim }
return operations[ARGV[1]]()
