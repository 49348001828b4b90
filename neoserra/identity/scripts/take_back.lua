-- Count one less in a window that has not ended. KEYS: the counter.
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end
return 0
