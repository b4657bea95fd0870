-- name: unlock_all
-- Give back every advisory lock of this session.
SELECT pg_advisory_unlock_all();

-- name: prove
-- Show that the session is alive.
SELECT;
