-- Count one more in every sliding window, or in none of them when one is full.
-- KEYS: a window each, a sorted set of what was counted by its time.
-- ARGV: now, a unique member, then for each window how much it holds and how many seconds it is long.
-- Answers 0 and 0, or the number of the window that stays full longest and the seconds until it has room.
local now, member = tonumber(ARGV[1]), ARGV[2]
local full, wait = 0, 0

for i, key in ipairs(KEYS) do
  local most, seconds = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.6f', now - seconds))
  local over = redis.call('ZCARD', key) - most
  if over >= 0 then
    local leaves = redis.call('ZRANGE', key, over, over, 'WITHSCORES')[2] or now
    local room_in = leaves + seconds - now
    if room_in > wait then full, wait = i, room_in end
  end
end
if full > 0 then return {full, math.max(1, math.ceil(wait - 0.001))} end

for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, ARGV[1], member)
  redis.call('EXPIRE', key, ARGV[2 * i + 2])
end
return {0, 0}
