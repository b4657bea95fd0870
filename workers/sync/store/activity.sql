-- name: count_fetches
-- Add the results of fetches to the present minute, without a wait for the disk.
INSERT INTO intake.activity_minute AS old (workspace, family, minute_at, stored, unreadable, failed, by_status)
SELECT %(workspace)s, %(family)s, date_trunc('minute', now(), 'UTC'), %(stored)s, %(unreadable)s, %(failed)s,
       %(by_status)s::jsonb
FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT (workspace, family, minute_at) DO UPDATE SET
    stored = old.stored + EXCLUDED.stored,
    unreadable = old.unreadable + EXCLUDED.unreadable,
    failed = old.failed + EXCLUDED.failed,
    by_status = (
        SELECT coalesce(jsonb_object_agg(status, number), '{}')
        FROM (
            SELECT status, sum(number::bigint) AS number
            FROM (SELECT * FROM jsonb_each_text(old.by_status)
                  UNION ALL SELECT * FROM jsonb_each_text(EXCLUDED.by_status)) AS counts (status, number)
            GROUP BY status
        ) AS total
    );

-- name: count_callbacks
-- Add callbacks to the minutes in which they were received, without a wait for the disk. Minutes in order, so
-- that no two who count wait for one another.
INSERT INTO intake.activity_minute AS old (workspace, family, minute_at, callbacks, stored, unreadable)
SELECT %(workspace)s, 'callbacks', date_trunc('minute', received_at, 'UTC') AS minute_at, count(*),
       count(*) FILTER (WHERE filed), count(*) FILTER (WHERE NOT filed)
FROM set_config('synchronous_commit', 'off', true),
     (SELECT unnest(%(filed)s::timestamptz[]) AS received_at, true AS filed
      UNION ALL SELECT unnest(%(rejected)s::timestamptz[]), false) AS processed
GROUP BY minute_at
ORDER BY minute_at
ON CONFLICT (workspace, family, minute_at) DO UPDATE SET
    callbacks = old.callbacks + EXCLUDED.callbacks,
    stored = old.stored + EXCLUDED.stored,
    unreadable = old.unreadable + EXCLUDED.unreadable;

-- name: record_waits
-- Record how long the oldest record of each family, and the oldest unfiled callback of each workspace, has waited,
-- unless that is recorded for this minute. Rows in order, so that no two who record wait for one another.
INSERT INTO intake.activity_minute AS old (workspace, family, minute_at, oldest_wait_s)
SELECT k.workspace, k.family, k.minute_at, coalesce(greatest(extract(epoch FROM now() - w.since), 0), 0)::bigint
FROM (
    SELECT workspace, family, date_trunc('minute', now(), 'UTC') AS minute_at
    FROM (SELECT * FROM unnest(%(workspaces)s::text[], %(families)s::text[]) AS f (workspace, family)
          UNION ALL SELECT unnest(%(inboxes)s::text[]), 'callbacks') AS every
    EXCEPT
    SELECT workspace, family, minute_at FROM intake.activity_minute
    WHERE minute_at = date_trunc('minute', now(), 'UTC') AND oldest_wait_s IS NOT NULL
) AS k
CROSS JOIN LATERAL (
    SELECT CASE k.family
        WHEN 'callbacks' THEN (
            SELECT min(received_at) FROM intake.callback AS c
            WHERE c.workspace = k.workspace AND filed_at IS NULL AND problem IS NULL
        )
        ELSE intake.oldest_waiting_at(k.workspace, k.family)
    END AS since
) AS w
ORDER BY k.workspace, k.family
ON CONFLICT (workspace, family, minute_at) DO UPDATE SET oldest_wait_s = EXCLUDED.oldest_wait_s;
