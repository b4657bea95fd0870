-- name: try_locks
-- Take for the session those of the locks of these names that no other session holds; returns their names.
SELECT name FROM unnest(%(names)s::text[]) WITH ORDINALITY AS lock (name, place)
WHERE pg_try_advisory_lock(hashtextextended(name, 0))
ORDER BY place;

-- name: unlock
-- Release these locks.
SELECT pg_advisory_unlock(hashtextextended(name, 0)) FROM unnest(%(names)s::text[]) AS name;
