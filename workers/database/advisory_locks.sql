-- name: try_lock
-- Take the lock of this name for the session; false if another session has it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0));

-- name: unlock
-- Give the lock back.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0));
