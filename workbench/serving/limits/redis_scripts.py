"""The steps on Redis or Valkey, each one script and so atomic.

What a key holds and used stands in hashes, whose names share the hash tag ``{key}`` so that a
cluster keeps them together:

    workbench:limits:{KEY}:open      id -> "tokens nano_usd stream until_ms"
    workbench:limits:{KEY}:requests  second -> count
    workbench:limits:{KEY}:tokens    second -> count
    workbench:limits:{KEY}:PERIOD    t:HOME -> tokens, n:HOME -> nano_usd, c:HOME -> counted

Several homes may share a Redis: each adds what it settled under its own name, and what counts is
the sum. ``c:HOME`` is ``counted``, or since when who counts the home's share from its usage log.
"""

from __future__ import annotations

PREFIX = "workbench:limits:"

_CLOCK = """
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
"""

_LOOK = """
local WINDOW_S, FORGOTTEN_MS, COUNTING_MS = 60, 86400000, 3000

-- The buckets that count, flat. Older ones go; those from the future are taken as of now.
local function window(name, second)
  local flat, kept, total, ahead = redis.call('HGETALL', name), {}, 0, 0
  for i = 1, #flat, 2 do
    local at, count = tonumber(flat[i]), tonumber(flat[i + 1])
    if at < second - WINDOW_S then
      redis.call('HDEL', name, flat[i])
    elseif at > second then
      redis.call('HDEL', name, flat[i])
      ahead = ahead + count
    else
      kept[#kept + 1] = at
      kept[#kept + 1] = count
    end
    if at >= second - WINDOW_S then total = total + count end
  end
  if ahead > 0 then
    redis.call('HINCRBY', name, second, ahead)
    kept[#kept + 1] = second
    kept[#kept + 1] = ahead
  end
  return kept, total
end

-- What is reserved and has not run out, and the ids of all that may still be settled.
local function holds(name, now, lease_ms)
  local flat, tokens, nano, streams, ids = redis.call('HGETALL', name), 0, 0, 0, {}
  for i = 1, #flat, 2 do
    local t, n, s, till = string.match(flat[i + 1], '(%d+) (%d+) (%d) (%d+)')
    till = tonumber(till)
    if till < now - FORGOTTEN_MS then
      redis.call('HDEL', name, flat[i])
    else
      ids[#ids + 1] = flat[i]
      if till > now + lease_ms then  -- the clock was set back
        redis.call('HSET', name, flat[i], string.format('%s %s %s %.0f', t, n, s, now + lease_ms))
      end
      if till > now then
        tokens, nano, streams = tokens + tonumber(t), nano + tonumber(n), streams + tonumber(s)
      end
    end
  end
  return tokens, nano, streams, ids
end

-- What all homes settled in a period, and how this home's share was counted.
local function settled(name, home)
  local flat, tokens, nano, counted = redis.call('HGETALL', name), 0, 0, ''
  for i = 1, #flat, 2 do
    local kind = string.sub(flat[i], 1, 2)
    if kind == 't:' then tokens = tokens + tonumber(flat[i + 1])
    elseif kind == 'n:' then nano = nano + tonumber(flat[i + 1])
    elseif flat[i] == 'c:' .. home then counted = flat[i + 1] end
  end
  return tokens, nano, counted
end
"""

# KEYS open requests tokens day month
# ARGV now_ms lease_ms home mark id tokens nano_usd stream budgets(0|1)
#      and the limits, '' for none: requests tokens streams t_day t_month n_day n_month
# -> {'ok'|'no'|'count'|'wait', now_ms, requests, tokens, open tokens, open nano, open streams,
#     t_day, n_day, t_month, n_month, ids to leave out of counting}
# An empty id only looks.
RESERVE = (
    _CLOCK
    + _LOOK
    + """
local now, lease_ms, home, mark, id = clock(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local tokens, nano, stream = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local second = math.floor(now / 1000)
local requests, requests_total = window(KEYS[2], second)
local used, used_total = window(KEYS[3], second)
local open_tokens, open_nano, open_streams, ids = holds(KEYS[1], now, lease_ms)
local t_day, n_day, t_month, n_month, uncounted, waiting = 0, 0, 0, 0, false, false
if ARGV[9] == '1' then
  local counted_day, counted_month
  t_day, n_day, counted_day = settled(KEYS[4], home)
  t_month, n_month, counted_month = settled(KEYS[5], home)
  -- One counts at a time; who began and did not end is taken for dead after a while.
  for _, counted in ipairs({counted_day, counted_month}) do
    local began = tonumber(string.match(counted, '^(%d+) '))
    if began and math.abs(now - began) < COUNTING_MS then waiting = true end
  end
  for i, counted in ipairs({counted_day, counted_month}) do
    if counted ~= 'counted' and not waiting then
      uncounted = true
      local name = KEYS[3 + i]
      local began = string.format('%.0f %s', now, mark)
      redis.call('HSET', name, 't:' .. home, 0, 'n:' .. home, 0, 'c:' .. home, began)
      redis.call('EXPIRE', name, 86400 * 40)
    end
  end
end
local function answer(word)
  return {word, now, requests, used, open_tokens, open_nano, open_streams,
          t_day, n_day, t_month, n_month, uncounted and ids or {}}
end
if waiting then return answer('wait') end
if uncounted then return answer('count') end
if id == '' then return answer('ok') end
local function over(limit, total) return limit ~= '' and total > tonumber(limit) end
if over(ARGV[10], requests_total + 1)
  or over(ARGV[11], used_total + open_tokens + tokens)
  or (stream == 1 and over(ARGV[12], open_streams + 1))
  or over(ARGV[13], t_day + open_tokens + tokens)
  or over(ARGV[14], t_month + open_tokens + tokens)
  or over(ARGV[15], n_day + open_nano + nano)
  or over(ARGV[16], n_month + open_nano + nano) then
  return answer('no')
end
redis.call('HSET', KEYS[1], id, string.format('%.0f %.0f %d %.0f', tokens, nano, stream,
                                              now + lease_ms))
redis.call('EXPIRE', KEYS[1], 86400 * 2)
redis.call('HINCRBY', KEYS[2], second, 1)
redis.call('EXPIRE', KEYS[2], 180)
return answer('ok')
"""
)

# KEYS open tokens day month
# ARGV now_ms home mark t_day n_day t_month n_month and of each settlement that was open at the mark
#      and is in the usage log: id tokens nano_usd
# Only whose mark it is may add his sums. A settlement that is still open is settled on behalf of
# its process: it is in the sums. One that was settled since the mark was added then, and is in the
# sums as well, so it is taken off.
COUNT = (
    _CLOCK
    + """
local second = math.floor(clock(ARGV[1]) / 1000)
local home, fresh = ARGV[2], {}
for i = 1, 2 do
  local counted = redis.call('HGET', KEYS[2 + i], 'c:' .. home)
  fresh[i] = counted and string.match(counted, '^%d+ (.*)$') == ARGV[3]
  if fresh[i] then
    redis.call('HINCRBY', KEYS[2 + i], 't:' .. home, ARGV[2 + 2 * i])
    redis.call('HINCRBY', KEYS[2 + i], 'n:' .. home, ARGV[3 + 2 * i])
    redis.call('HSET', KEYS[2 + i], 'c:' .. home, 'counted')
  end
end
for at = 8, #ARGV, 3 do
  local tokens, nano = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local still_open = redis.call('HDEL', KEYS[1], ARGV[at]) == 1
  if still_open and tokens > 0 then
    redis.call('HINCRBY', KEYS[2], second, tokens)
    redis.call('EXPIRE', KEYS[2], 180)
  end
  for i = 1, 2 do
    local sign = 0
    if still_open and not fresh[i] then sign = 1 end
    if fresh[i] and not still_open then sign = -1 end
    if sign ~= 0 and redis.call('HEXISTS', KEYS[2 + i], 't:' .. home) == 1 then
      redis.call('HINCRBY', KEYS[2 + i], 't:' .. home, sign * tokens)
      redis.call('HINCRBY', KEYS[2 + i], 'n:' .. home, sign * nano)
    end
  end
end
return 1
"""
)

# KEYS open tokens day month; ARGV now_ms home id tokens nano_usd -> 1 if it was open
SETTLE = (
    _CLOCK
    + """
if redis.call('HDEL', KEYS[1], ARGV[3]) == 0 then return 0 end
if tonumber(ARGV[4]) > 0 then
  redis.call('HINCRBY', KEYS[2], math.floor(clock(ARGV[1]) / 1000), ARGV[4])
  redis.call('EXPIRE', KEYS[2], 180)
end
for i = 3, 4 do
  if redis.call('HEXISTS', KEYS[i], 't:' .. ARGV[2]) == 1 then
    redis.call('HINCRBY', KEYS[i], 't:' .. ARGV[2], ARGV[4])
    redis.call('HINCRBY', KEYS[i], 'n:' .. ARGV[2], ARGV[5])
  end
end
return 1
"""
)

# KEYS open; ARGV id
RELEASE = "return redis.call('HDEL', KEYS[1], ARGV[1])"

# KEYS open; ARGV now_ms lease_ms id...
RENEW = (
    _CLOCK
    + """
local till = clock(ARGV[1]) + tonumber(ARGV[2])
for i = 3, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held then
    redis.call('HSET', KEYS[1], ARGV[i], string.format('%s %.0f',
               string.match(held, '(%d+ %d+ %d) '), till))
  end
end
redis.call('EXPIRE', KEYS[1], 86400 * 2)
return 1
"""
)

# KEYS open requests tokens
# ARGV lease_ms, how many buckets, of each: age_s requests tokens; of each reservation: id tokens
#      nano_usd stream
CARRY = (
    _CLOCK
    + """
local now = clock('')
local second, last = math.floor(now / 1000), 2 + 3 * tonumber(ARGV[2])
for i = 3, last, 3 do
  local at = second - tonumber(ARGV[i])
  if tonumber(ARGV[i + 1]) > 0 then redis.call('HINCRBY', KEYS[2], at, ARGV[i + 1]) end
  if tonumber(ARGV[i + 2]) > 0 then redis.call('HINCRBY', KEYS[3], at, ARGV[i + 2]) end
end
for i = last + 1, #ARGV, 4 do
  redis.call('HSETNX', KEYS[1], ARGV[i], string.format('%s %s %s %.0f', ARGV[i + 1], ARGV[i + 2],
             ARGV[i + 3], now + tonumber(ARGV[1])))
end
redis.call('EXPIRE', KEYS[1], 86400 * 2)
redis.call('EXPIRE', KEYS[2], 180)
redis.call('EXPIRE', KEYS[3], 180)
return 1
"""
)
