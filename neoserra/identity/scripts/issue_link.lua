-- Keep a link and end the one before it, unless that lives and is newer. KEYS: which link of the account is the newest.
-- ARGV: id of the link, its number, its record, life in seconds, prefix of link keys. Answers 0 when it was kept, else
-- the number of the newer one.
local before, number = (redis.call('GET', KEYS[1]) or ''):match('^(%S+) (%d+)$')
if before then
  if tonumber(number) > tonumber(ARGV[2]) and redis.call('EXISTS', ARGV[5] .. before) == 1 then return tonumber(number) end
  redis.call('DEL', ARGV[5] .. before)
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[4])
redis.call('SET', ARGV[5] .. ARGV[1], ARGV[3], 'EX', ARGV[4])
return 0
