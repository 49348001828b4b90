-- Read a session and prolong it by its own idle time. KEYS: the session. Answers `<idle seconds> <JSON>` or nothing.
local value = redis.call('GET', KEYS[1])
if value then redis.call('EXPIRE', KEYS[1], value:match('^%d+')) end
return value
