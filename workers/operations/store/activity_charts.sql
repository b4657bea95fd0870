-- name: activity
-- What the bridge did in the last 24 hours, in steps of 10 minutes, of all workspaces or one; the last step has fewer
-- minutes. One row per step, also where nothing happened.
SELECT step.at, greatest(1, least(10, extract(epoch FROM now() - step.at) / 60))::float8 AS minutes,
       coalesce(sum(a.callbacks) FILTER (WHERE a.family = 'callbacks'), 0)::bigint AS callbacks,
       coalesce(sum(a.stored) FILTER (WHERE a.family <> 'callbacks'), 0)::bigint AS stored,
       max(a.oldest_wait_s) AS oldest_wait_s
FROM generate_series(
    date_bin('10 minutes', now(), 'epoch') - interval '24 hours',
    now(), interval '10 minutes'
) AS step (at)
LEFT JOIN intake.activity_minute AS a
    ON a.minute_at >= step.at AND a.minute_at < step.at + interval '10 minutes'
    AND (%(workspace)s::text IS NULL OR a.workspace = %(workspace)s)
GROUP BY step.at
ORDER BY step.at;

-- name: statuses
-- Cention's answers of the last 24 hours by HTTP status, in the same steps; "none" where no answer came.
SELECT date_bin('10 minutes', a.minute_at, 'epoch') AS at, s.status, sum(s.number::bigint)::bigint AS number
FROM intake.activity_minute AS a
CROSS JOIN LATERAL jsonb_each_text(a.by_status) AS s (status, number)
WHERE a.minute_at >= date_bin('10 minutes', now(), 'epoch') - interval '24 hours'
  AND (%(workspace)s::text IS NULL OR a.workspace = %(workspace)s)
GROUP BY 1, 2
ORDER BY 1, 2;
