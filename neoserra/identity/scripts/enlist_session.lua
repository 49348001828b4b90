-- Add a session to its account's index, and the account to those that have one; end the oldest beyond the most allowed.
-- KEYS: the index, the accounts that have one.
-- ARGV: name of the session, now, most, seconds to keep the index, prefix of session keys, account.
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[2] - ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local extra = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3])
if extra <= 0 then return 0 end
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, extra - 1)) do
  redis.call('DEL', ARGV[5] .. name)
  redis.call('ZREM', KEYS[1], name)
end
return extra
