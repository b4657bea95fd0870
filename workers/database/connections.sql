-- name: unlock_all
-- Release every advisory lock of this session.
SELECT pg_advisory_unlock_all();

-- name: ping
-- Fails if the session is dead.
SELECT;
