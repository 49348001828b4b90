-- Count one more in a window that begins with the first. KEYS: the counter. ARGV: seconds of the window.
-- Answers the count and the seconds until the window ends.
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
