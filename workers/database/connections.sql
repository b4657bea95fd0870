-- name: ping
-- Fails if the session is dead.
SELECT;
