-- name: days_backfilled
-- The days of a range that are done.
SELECT day FROM intake.backfilled
WHERE workspace = %(workspace)s AND preset_id = %(preset_id)s AND by_closure = %(by_closure)s
  AND day BETWEEN %(first)s AND %(last)s;

-- name: record_days_backfilled
-- Record that days are done.
INSERT INTO intake.backfilled AS b (workspace, preset_id, by_closure, day, run_id)
SELECT %(workspace)s, %(preset_id)s, %(by_closure)s, day, %(run_id)s FROM unnest(%(days)s::date[]) AS d (day)
ON CONFLICT (workspace, preset_id, by_closure, day) DO UPDATE SET run_id = EXCLUDED.run_id, done_at = now();

-- name: forget_days_backfilled
-- Forget that the days of a range are done.
DELETE FROM intake.backfilled
WHERE workspace = %(workspace)s AND preset_id = %(preset_id)s AND by_closure = %(by_closure)s
  AND day BETWEEN %(first)s AND %(last)s;

-- name: forget_days_backfilled_early
-- Forget days from the first one on that were done long ago, but before they were over for so long
-- that nothing changes.
DELETE FROM intake.backfilled
WHERE workspace = %(workspace)s AND preset_id = %(preset_id)s AND by_closure = %(by_closure)s
  AND day >= %(first)s AND done_at < now() - make_interval(secs => %(done_ago_s)s)
  AND done_at < day + make_interval(secs => %(changes_for_s)s);
