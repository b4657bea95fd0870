-- name: save_facebook_ratings
-- Write ratings; one older than what is stored changes nothing. With rewrite, the newest stored document
-- of a rating that is gone changes it as well, and it stays gone.
INSERT INTO cention.facebook_rating AS old (
    workspace, rating_id, rating, message, reviewer_id, reviewer_name, created_at, fetched_at
)
SELECT %(workspace)s, rating_id, rating, message, reviewer_id, reviewer_name, created_at, fetched_at
FROM jsonb_to_recordset(%(ratings)s::jsonb) AS f (record jsonb, fetched_at timestamptz),
     jsonb_to_record(f.record) AS r (
         rating_id bigint, rating integer, message text, reviewer_id bigint, reviewer_name text,
         created_at timestamptz
     )
ORDER BY rating_id
ON CONFLICT (workspace, rating_id) DO UPDATE SET
    rating = EXCLUDED.rating, message = EXCLUDED.message, reviewer_id = EXCLUDED.reviewer_id,
    reviewer_name = EXCLUDED.reviewer_name, created_at = EXCLUDED.created_at,
    gone_at = CASE WHEN old.fetched_at > EXCLUDED.fetched_at THEN old.gone_at END,
    fetched_at = greatest(old.fetched_at, EXCLUDED.fetched_at)
WHERE old.fetched_at <= EXCLUDED.fetched_at OR (%(rewrite)s AND old.gone_at IS NOT NULL);

-- name: mark_facebook_ratings_gone
-- Mark ratings as gone; what was last reported stays.
INSERT INTO cention.facebook_rating AS r (workspace, rating_id, gone_at, fetched_at)
SELECT %(workspace)s, rating_id, %(at)s, %(at)s FROM unnest(%(ids)s::bigint[]) AS gone (rating_id)
ORDER BY rating_id
ON CONFLICT (workspace, rating_id) DO UPDATE
SET gone_at = coalesce(r.gone_at, EXCLUDED.gone_at), fetched_at = EXCLUDED.fetched_at
WHERE r.fetched_at <= EXCLUDED.fetched_at;

-- name: recently_gone_facebook_ratings
-- Those of these ratings that were gone when last fetched, so recently that they need no fetch yet: they
-- wait for as long as they had been gone then, within bounds.
SELECT rating_id FROM cention.facebook_rating
WHERE workspace = %(workspace)s AND rating_id = ANY (%(ids)s::bigint[]) AND gone_at IS NOT NULL
  AND now() BETWEEN fetched_at AND fetched_at + least(
      greatest(fetched_at - gone_at, make_interval(secs => %(min_s)s)),
      make_interval(secs => %(max_s)s)
  );
