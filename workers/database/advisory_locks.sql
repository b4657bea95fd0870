-- name: try_lock
-- Take the lock of this name for the session; false if another session holds it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0));

-- name: unlock
-- Release the lock.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0));
