-- name: record_reported
-- Record reports of records that are wanted now. One that is recorded, and still waits to be fetched,
-- is not written again; one being fetched, or fetched since its report, is.
INSERT INTO intake.reported AS old (workspace, family, remote_id, day, reported_at)
SELECT %(workspace)s, %(family)s, new.remote_id,
       intake.today((SELECT timezone FROM cention.workspace WHERE workspace = %(workspace)s)),
       clock_timestamp()
FROM unnest(%(ids)s::bigint[]) AS new (remote_id)
WHERE NOT EXISTS (
    SELECT FROM intake.wanted AS w
    JOIN intake.reported AS r USING (workspace, family, remote_id)
    WHERE (w.workspace, w.family, w.remote_id) = (%(workspace)s, %(family)s, new.remote_id)
      AND w.claim IS NULL AND r.reported_at >= w.wanted_at
      AND NOT EXISTS (
          SELECT FROM intake.landed AS l
          WHERE (l.workspace, l.family, l.remote_id) = (w.workspace, w.family, w.remote_id)
            AND l.fetched_at >= r.reported_at
      )
)
ORDER BY new.remote_id
ON CONFLICT (workspace, family, remote_id, day) DO UPDATE
SET reported_at = greatest(old.reported_at, EXCLUDED.reported_at);

-- name: lock_counting
-- Wait for the lock on counting; it is held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('cention.completeness', 0));

-- name: counted_within
-- True if the last count was at most so many seconds ago.
SELECT EXISTS (
    SELECT FROM intake.completeness
    WHERE checked_at > now() - make_interval(secs => %(seconds)s) AND checked_at <= clock_timestamp()
);

-- name: count_days
-- Count the reported records of each day by their state; today has a row even without any. Unless
-- everything is asked for, days that are over and complete are not counted again.
INSERT INTO intake.completeness AS old (
    workspace, family, day, reported, stored, pending, parked, unreadable, gone, missing, checked_at
)
SELECT workspace, family, day, count(state),
       count(*) FILTER (WHERE state = 'stored'), count(*) FILTER (WHERE state = 'pending'),
       count(*) FILTER (WHERE state = 'parked'), count(*) FILTER (WHERE state = 'unreadable'),
       count(*) FILTER (WHERE state = 'gone'), count(*) FILTER (WHERE state = 'missing'), now()
FROM (
    SELECT workspace, family, day, state FROM intake.report
    WHERE %(everything)s OR (workspace, family, day) NOT IN (
        SELECT c.workspace, c.family, c.day FROM intake.completeness AS c
        LEFT JOIN cention.workspace AS w ON w.workspace = c.workspace
        WHERE c.reported = c.stored + c.gone
          AND c.checked_at > (c.day + interval '25 hours') AT TIME ZONE coalesce(w.timezone, 'UTC')
    )
    UNION ALL
    SELECT workspace, family, intake.today(timezone), NULL
    FROM cention.workspace, unnest(ARRAY['errand_reports', 'facebook_ratings']) AS polled (family)
) AS found
GROUP BY workspace, family, day
ORDER BY workspace, family, day
ON CONFLICT (workspace, family, day) DO UPDATE SET
    reported = EXCLUDED.reported, stored = EXCLUDED.stored, pending = EXCLUDED.pending,
    parked = EXCLUDED.parked, unreadable = EXCLUDED.unreadable, gone = EXCLUDED.gone,
    missing = EXCLUDED.missing, checked_at = EXCLUDED.checked_at;

-- name: missing_records
-- Every record that was reported and is neither stored nor wanted, of one workspace or of all (null),
-- on the days where the last count found any.
SELECT DISTINCT r.workspace, r.family, r.remote_id
FROM intake.report AS r
JOIN intake.completeness AS c USING (workspace, family, day)
WHERE c.missing > 0 AND r.state = 'missing'
  AND (%(workspace)s::text IS NULL OR r.workspace = %(workspace)s)
ORDER BY r.workspace, r.family, r.remote_id;

-- name: list_days
-- The last days, and every earlier one that is not complete, of one workspace or of all (null).
SELECT workspace, family, day, reported, stored, pending, parked, unreadable, gone, missing, checked_at
FROM intake.completeness LEFT JOIN cention.workspace AS w USING (workspace)
WHERE (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
  AND (day > intake.today(w.timezone) - %(keep_days)s OR reported <> stored + gone)
ORDER BY workspace, family, day;

-- name: delete_old_reports
-- Delete the ids of old days that are complete; their counts stay.
DELETE FROM intake.reported AS r
USING intake.completeness AS c LEFT JOIN cention.workspace AS w USING (workspace)
WHERE (c.workspace, c.family, c.day) = (r.workspace, r.family, r.day)
  AND c.reported = c.stored + c.gone AND c.day < intake.today(w.timezone) - %(keep_days)s;
