-- name: database_time
-- Seconds since 1970 by the database's clock, at this moment.
SELECT extract(epoch FROM clock_timestamp())::float8;

-- name: record_clock
-- Store how far the clock of a process is ahead; one row for each process and machine.
INSERT INTO intake.clock (process, host, ahead_ms, measured_at)
VALUES (%(process)s, %(host)s, round(%(ahead_s)s * 1000), clock_timestamp())
ON CONFLICT (process, host) DO UPDATE SET ahead_ms = EXCLUDED.ahead_ms, measured_at = EXCLUDED.measured_at;

-- name: recent_clocks
-- The clocks that were measured in the last ten minutes, the largest difference first.
SELECT process, host, ahead_ms / 1000::float8 AS ahead_s FROM intake.clock
WHERE measured_at > now() - interval '10 minutes'
ORDER BY abs(ahead_ms) DESC, process, host;

-- name: delete_old_clocks
-- Delete what was measured more than a day ago: the process is gone, or has another name.
DELETE FROM intake.clock WHERE measured_at < now() - interval '1 day';
