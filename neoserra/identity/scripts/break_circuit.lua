-- Count calls of a provider, open its breaker when too many went badly, and say whether it may be called.
-- KEYS: the breaker, a hash. ARGV: now, calls, how many of them went badly, 1 when they were a probe, 1 to ask for one.
-- Answers "closed", "open" or "probe": the one caller that may try a provider whose breaker is open.
local now, calls, bad = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local probed, asks = ARGV[4] == '1', ARGV[5] == '1'
local WINDOW, IN_A_ROW, LEAST, FIRST_PAUSE, LONGEST_PAUSE, PROBE_SECONDS = 30, 5, 10, 5, 60, 15

local found = redis.call('HMGET', KEYS[1], 'from', 'calls', 'bad', 'row', 'until', 'pause')
local from, all, all_bad, row, closes, pause
  = tonumber(found[1] or now), tonumber(found[2] or 0), tonumber(found[3] or 0), tonumber(found[4] or 0),
    tonumber(found[5] or 0), tonumber(found[6] or FIRST_PAUSE)

local function keep(...)
  redis.call('HSET', KEYS[1], ...)
  redis.call('EXPIRE', KEYS[1], 3600)
end
local function open(seconds)
  keep('until', string.format('%.3f', now + seconds), 'pause', seconds)
  return 'open'
end

if closes > 0 then
  if probed and calls > 0 then
    if bad > 0 then return open(math.min(pause * 2, LONGEST_PAUSE)) end
    redis.call('DEL', KEYS[1])
    return 'closed'
  end
  if asks and (now >= closes or closes > now + LONGEST_PAUSE) then -- or the clock was put back
    keep('until', string.format('%.3f', now + PROBE_SECONDS))
    return 'probe'
  end
  return 'open'
end

if now - from > WINDOW or from > now + 1 then from, all, all_bad, row = now, 0, 0, 0 end
all, all_bad = all + calls, all_bad + bad
if calls > bad then row = 0 end
row = row + bad
if row >= IN_A_ROW or (all >= LEAST and all_bad * 2 >= all) then return open(FIRST_PAUSE) end
if calls > 0 then keep('from', string.format('%.3f', from), 'calls', all, 'bad', all_bad, 'row', row) end
return 'closed'
