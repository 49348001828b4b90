-- The answer to draw: of the challenge that nobody has seen yet, or else another one in its place.
-- KEYS: the challenge. ARGV: what a challenge that was seen begins with, another answer, life in seconds.
local value = redis.call('GET', KEYS[1])
local answer = value and value:match('^new (%S+)$') or ARGV[2]
redis.call('SET', KEYS[1], ARGV[1] .. answer, 'EX', ARGV[3])
return answer
