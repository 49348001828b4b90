-- Keep the live code of a field, or put `fresh` in its place.
-- KEYS: codes of the account. ARGV: field, fresh record, now, life in seconds, names of the keys that are accepted,
-- each between spaces. Answers the record that lives.
local field, fresh, now, life, accepted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local record = redis.call('HGET', KEYS[1], field)
if record then
  local tries, issued, key = record:match('^(%d+) (%d+)( %S+ )')
  if tonumber(tries) > 0 and now < tonumber(issued) + life and accepted:find(key, 1, true) then return record end
end

local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local issued = all[i + 1]:match('^%d+ (%d+)')
  if now >= tonumber(issued) + life then redis.call('HDEL', KEYS[1], all[i]) end
end
redis.call('HSET', KEYS[1], field, fresh)
redis.call('EXPIRE', KEYS[1], life)
return fresh
