-- Take one try. The counts are raised before the comparison counts for anything.
-- KEYS: codes of the account, failures of the account.
-- ARGV: field, nonce of the record that was compared, 1 when it was equal, now, life in seconds, wrong codes that lock.
-- Answers right, expired, used_up, locked, or how many tries are left.
local field, nonce, right = ARGV[1], ARGV[2], ARGV[3] == '1'
local now, life, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local record = redis.call('HGET', KEYS[1], field)
if not record then return 'expired' end
local tries, issued, key, kept = record:match('^(%d+) (%d+) (%S+) (%S+)$')
tries = tonumber(tries)
if kept ~= nonce or now >= tonumber(issued) + life then return 'expired' end
if tries == 0 then return 'used_up' end

local wrong = redis.call('HINCRBY', KEYS[2], 'code', 1)
redis.call('EXPIRE', KEYS[2], 90 * 24 * 3600)
if wrong > most then return 'locked' end
tries = tries - 1
redis.call('HSET', KEYS[1], field, tries .. ' ' .. issued .. ' ' .. key .. ' ' .. kept)

if right then
  redis.call('DEL', KEYS[1])
  redis.call('HDEL', KEYS[2], 'code')
  return 'right'
end
if wrong == most then return 'locked' end
if tries == 0 then return 'used_up' end
return tostring(tries)
