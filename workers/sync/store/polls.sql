-- name: start_poll
-- Note that a look at a list begins; returns its number.
INSERT INTO intake.poll (workspace, family, started_at)
VALUES (%(workspace)s, %(family)s, clock_timestamp())
RETURNING poll_id;

-- name: end_poll
-- Note how a look ended.
UPDATE intake.poll SET ended_at = clock_timestamp(), found = %(found)s, error = %(error)s
WHERE poll_id = %(poll_id)s;

-- name: is_due
-- Whether the last look that succeeded began that long ago, or there was none.
SELECT coalesce(max(started_at) <= now() - make_interval(secs => %(every_s)s), true) AS due
FROM intake.poll
WHERE workspace = %(workspace)s AND family = %(family)s AND found IS NOT NULL;

-- name: failures
-- How many looks failed since the last that succeeded, and how long ago the last of them ended, in seconds.
SELECT count(*) AS number, extract(epoch FROM clock_timestamp() - max(ended_at))::float8 AS ended_ago_s
FROM intake.poll
WHERE workspace = %(workspace)s AND family = %(family)s AND ended_at IS NOT NULL AND found IS NULL
  AND poll_id > coalesce((
      SELECT max(poll_id) FROM intake.poll
      WHERE workspace = %(workspace)s AND family = %(family)s AND found IS NOT NULL
  ), 0);

-- name: delete_old_polls
-- Drop looks older than a week; the last that succeeded of each family stays.
DELETE FROM intake.poll AS p
WHERE started_at < now() - interval '7 days'
  AND poll_id NOT IN (SELECT max(poll_id) FROM intake.poll WHERE found IS NOT NULL GROUP BY workspace, family);

-- name: pause
-- Leave a family alone for a while.
INSERT INTO intake.pause AS p (workspace, family, until_at, reason)
VALUES (%(workspace)s, %(family)s, now() + make_interval(secs => %(for_s)s), %(reason)s)
ON CONFLICT (workspace, family) DO UPDATE SET until_at = EXCLUDED.until_at, reason = EXCLUDED.reason;

-- name: resume
-- End a pause.
DELETE FROM intake.pause WHERE workspace = %(workspace)s AND family = %(family)s;

-- name: release_probe
-- Let the next who asks probe whether a pause is over.
UPDATE intake.pause SET until_at = least(until_at, now())
WHERE workspace = %(workspace)s AND family = %(family)s;

-- name: resume_idle
-- End pauses of these families, of one workspace or of all (null), in which nothing can probe for a
-- while: no record is due, or soon will be.
DELETE FROM intake.pause AS p
WHERE (%(workspace)s::text IS NULL OR workspace = %(workspace)s) AND family = ANY (%(families)s)
  AND NOT EXISTS (
      SELECT FROM intake.wanted AS w
      WHERE (w.workspace, w.family) = (p.workspace, p.family) AND w.parked_at IS NULL
        AND (w.claim IS NOT NULL OR w.due_at <= now() + make_interval(secs => %(soon_s)s))
  );

-- name: paused
-- True while a pause lasts; false for the first who asks when it is over, and for everybody else it
-- goes on; no row without a pause.
WITH over AS (
    UPDATE intake.pause SET until_at = now() + make_interval(secs => %(probe_s)s)
    WHERE workspace = %(workspace)s AND family = %(family)s AND until_at <= now()
    RETURNING workspace
)
SELECT NOT EXISTS (SELECT FROM over) FROM intake.pause
WHERE workspace = %(workspace)s AND family = %(family)s;
