-- name: begin_recovery
-- Record that a recovery begins; no row if it has begun before.
INSERT INTO intake.recovery (workspace, since_at, preset_id, everything)
VALUES (%(workspace)s, %(since_at)s, %(preset_id)s, %(everything)s)
ON CONFLICT DO NOTHING
RETURNING workspace;

-- name: read_recovery
-- How far a recovery is; no row if it has not begun.
SELECT began_at, stored_up_to, ended_at FROM intake.recovery
WHERE (workspace, since_at, preset_id, everything) = (%(workspace)s, %(since_at)s, %(preset_id)s, %(everything)s);

-- name: forget_recovery
-- Forget a recovery, so that it begins anew.
DELETE FROM intake.recovery
WHERE (workspace, since_at, preset_id, everything) = (%(workspace)s, %(since_at)s, %(preset_id)s, %(everything)s);

-- name: record_stored_up_to
-- Record that the stored errands up to an id are wanted.
UPDATE intake.recovery SET stored_up_to = %(errand_id)s
WHERE (workspace, since_at, preset_id, everything) = (%(workspace)s, %(since_at)s, %(preset_id)s, %(everything)s);

-- name: end_recovery
-- Record that a recovery has found all that it can.
UPDATE intake.recovery SET ended_at = now()
WHERE (workspace, since_at, preset_id, everything) = (%(workspace)s, %(since_at)s, %(preset_id)s, %(everything)s);

-- name: stored_errands
-- The next stored errands by id: those that are open, or every one that is not gone.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND errand_id > %(after)s AND gone_at IS NULL
  AND (%(everything)s OR (closed IS NOT TRUE AND deleted IS NOT TRUE))
ORDER BY errand_id
LIMIT %(limit)s;

-- name: count_stored_errands
-- How many stored errands there are: those that are open, or every one that is not gone.
SELECT count(*) FROM cention.errand
WHERE workspace = %(workspace)s AND errand_id > %(after)s AND gone_at IS NULL
  AND (%(everything)s OR (closed IS NOT TRUE AND deleted IS NOT TRUE));

-- name: stored_ratings
-- The ids of all stored Facebook ratings.
SELECT rating_id FROM cention.facebook_rating WHERE workspace = %(workspace)s;
