-- name: start_poll
-- Record that an attempt begins; returns its number.
INSERT INTO intake.poll (workspace, family, started_at)
VALUES (%(workspace)s, %(family)s, clock_timestamp())
RETURNING poll_id;

-- name: start_due_polls
-- Record that polls of these families of workspaces begin, without those that succeeded within so many seconds (null:
-- all begin); returns their numbers.
INSERT INTO intake.poll (workspace, family, started_at)
SELECT l.workspace, l.family, clock_timestamp()
FROM unnest(%(workspaces)s::text[], %(families)s::text[]) AS l (workspace, family)
WHERE %(every_s)s::float8 IS NULL OR NOT intake.was_read_within(l.workspace, l.family, %(every_s)s)
RETURNING workspace, family, poll_id;

-- name: end_poll
-- Record how an attempt ended.
UPDATE intake.poll SET ended_at = clock_timestamp(), found = %(found)s, error = %(error)s
WHERE poll_id = %(poll_id)s;

-- name: is_due
-- True if no attempt that succeeded began in so many seconds.
SELECT NOT intake.was_read_within(%(workspace)s, %(family)s, %(every_s)s) AS due;

-- name: due_mirrors
-- Those of these mirrors of workspaces that "is_due" holds for, and that are not paused.
SELECT m.workspace, m.mirror
FROM unnest(%(workspaces)s::text[], %(mirrors)s::text[], %(every_s)s::float8[])
    WITH ORDINALITY AS m (workspace, mirror, every_s, place)
WHERE NOT intake.was_read_within(m.workspace, m.mirror, m.every_s) AND NOT EXISTS (
    SELECT FROM intake.pause AS p
    WHERE p.workspace = m.workspace AND p.family = m.mirror AND p.until_at > now()
)
ORDER BY m.place;

-- name: failures
-- How many attempts failed since the last success, and how many seconds ago the last of them ended.
SELECT count(*) AS number,
       extract(epoch FROM clock_timestamp() - max(ended_at) FILTER (WHERE ended_at <= clock_timestamp()))::float8
           AS ended_ago_s
FROM intake.poll
WHERE workspace = %(workspace)s AND family = %(family)s AND ended_at IS NOT NULL AND found IS NULL
  AND poll_id > coalesce((
      SELECT max(poll_id) FROM intake.poll
      WHERE workspace = %(workspace)s AND family = %(family)s AND found IS NOT NULL
  ), 0);

-- name: delete_old_polls
-- Delete attempts older than a week; the last success of each family stays.
DELETE FROM intake.poll AS p
WHERE started_at < now() - interval '7 days'
  AND poll_id NOT IN (SELECT max(poll_id) FROM intake.poll WHERE found IS NOT NULL GROUP BY workspace, family);

-- name: pause
-- Pause a family.
INSERT INTO intake.pause AS p (workspace, family, until_at, reason)
VALUES (%(workspace)s, %(family)s, now() + make_interval(secs => %(for_s)s), %(reason)s)
ON CONFLICT (workspace, family) DO UPDATE SET until_at = EXCLUDED.until_at, reason = EXCLUDED.reason;

-- name: resume
-- End a pause.
DELETE FROM intake.pause WHERE workspace = %(workspace)s AND family = %(family)s;

-- name: release_probe
-- Let the next caller of "take_probe" probe.
UPDATE intake.pause SET until_at = least(until_at, now())
WHERE workspace = %(workspace)s AND family = %(family)s;

-- name: resume_idle
-- End pauses of these families, of one workspace or of all (null), that have no record to probe with:
-- none is claimed, due, or due soon.
DELETE FROM intake.pause AS p
WHERE (%(workspace)s::text IS NULL OR workspace = %(workspace)s) AND family = ANY (%(families)s)
  AND NOT EXISTS (
      SELECT FROM intake.wanted AS w
      WHERE (w.workspace, w.family) = (p.workspace, p.family) AND w.parked_at IS NULL
        AND (w.claim IS NOT NULL OR w.due_at <= now() + make_interval(secs => %(soon_s)s))
  );

-- name: take_probe
-- True while a pause lasts; false for the first caller after it, which may probe, while it lasts longer
-- for all others; no row without a pause.
WITH over AS (
    UPDATE intake.pause SET until_at = now() + make_interval(secs => %(probe_s)s)
    WHERE workspace = %(workspace)s AND family = %(family)s AND until_at <= now()
    RETURNING workspace
)
SELECT NOT EXISTS (SELECT FROM over) FROM intake.pause
WHERE workspace = %(workspace)s AND family = %(family)s;
