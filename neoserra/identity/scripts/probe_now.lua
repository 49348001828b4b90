-- Have the pause of an open breaker end now, so that the next caller is its probe.
-- KEYS: the breaker, a hash. ARGV: now. Answers 1 when there was a pause to end.
local now = tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'until') or 0) <= now then return 0 end
redis.call('HSET', KEYS[1], 'until', string.format('%.3f', now))
return 1
