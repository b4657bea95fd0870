-- name: mark_stretches
-- Mark the days that end in one of these stretches and have a backlog.
INSERT INTO intake.day_due (workspace, kept, day)
SELECT DISTINCT w.workspace, 'backlog_day', d.day::date
FROM intake.metrics_progress AS p
JOIN cention.workspace AS w USING (workspace)
CROSS JOIN unnest(%(from_at)s::timestamptz[], %(to_at)s::timestamptz[]) AS s (from_at, to_at)
CROSS JOIN LATERAL (SELECT (s.from_at AT TIME ZONE w.timezone)::date AS day) AS begins
CROSS JOIN LATERAL generate_series(
    CASE WHEN intake.end_of_day(begins.day - 1, w.timezone) > s.from_at THEN begins.day - 1 ELSE begins.day END::timestamp,
    least((s.to_at AT TIME ZONE w.timezone)::date - 1, p.day)::timestamp, interval '1 day'
) AS d (day)
WHERE p.workspace = %(workspace)s AND p.day IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: mark_known_days
-- Mark the days that have a backlog, from one on; those that are not over by the present time zone lose it.
WITH progress AS (
    UPDATE intake.metrics_progress AS p SET day = least(p.day, intake.today(w.timezone) - 1)
    FROM cention.workspace AS w
    WHERE p.workspace = %(workspace)s AND w.workspace = p.workspace AND p.day IS NOT NULL
    RETURNING p.workspace, p.day, w.timezone
)
INSERT INTO intake.day_due (workspace, kept, day)
SELECT p.workspace, 'backlog_day', d.day::date
FROM progress AS p
CROSS JOIN LATERAL (
    SELECT min(b.day) AS first, max(b.day) AS last FROM analyst.backlog_day AS b WHERE b.workspace = p.workspace
) AS known
CROSS JOIN LATERAL (
    SELECT (min(s.from_at) AT TIME ZONE p.timezone)::date AS first FROM analyst.open_span AS s
    WHERE s.workspace = p.workspace
) AS spans
CROSS JOIN LATERAL generate_series(
    greatest(least(known.first, spans.first), %(since)s::date)::timestamp, greatest(p.day, known.last)::timestamp,
    interval '1 day'
) AS d (day)
ON CONFLICT (workspace, kept, day) DO UPDATE SET marked_at = now(), retry_at = NULL;

-- name: mark_new_days
-- Mark the days that have ended, from the first at which an errand was open; not while everything is computed.
WITH missing AS (
    SELECT p.workspace, intake.today(w.timezone) - 1 AS last,
           CASE WHEN p.day IS NOT NULL THEN p.day + 1 ELSE (
               SELECT (min(s.from_at) AT TIME ZONE w.timezone)::date FROM analyst.open_span AS s
               WHERE s.workspace = p.workspace
           ) END AS first
    FROM intake.metrics_progress AS p
    JOIN cention.workspace AS w USING (workspace)
    WHERE p.workspace = %(workspace)s AND p.after_id IS NULL
      AND coalesce(p.day < intake.today(w.timezone) - 1, true)
), reached AS (
    UPDATE intake.metrics_progress AS p SET day = m.last FROM missing AS m WHERE p.workspace = m.workspace
)
INSERT INTO intake.day_due (workspace, kept, day, is_new)
SELECT m.workspace, 'backlog_day', d.day::date, true
FROM missing AS m
CROSS JOIN LATERAL generate_series(m.first::timestamp, m.last::timestamp, interval '1 day') AS d (day)
ON CONFLICT DO NOTHING;

-- name: due_days
-- The first day that is due, and those due soon after it: one look at the errands open then serves all. Without those
-- that failed and wait.
SELECT day, is_new FROM intake.day_due AS b
WHERE b.workspace = %(workspace)s AND b.kept = 'backlog_day' AND intake.may_retry(b.retry_at) AND b.day < (
    SELECT min(f.day) FROM intake.day_due AS f
    WHERE f.workspace = %(workspace)s AND f.kept = 'backlog_day' AND intake.may_retry(f.retry_at)
) + %(days)s::integer
ORDER BY day;

-- name: replace_days
-- Count what was open at the end of days; replace the days of which that has changed.
WITH due AS MATERIALIZED (
    SELECT d.day, d.is_new, intake.end_of_day(d.day, w.timezone) AS ends_at
    FROM unnest(%(days)s::date[], %(new)s::boolean[]) AS d (day, is_new)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
), span AS MATERIALIZED (
    SELECT s.area_id, s.agent_id, s.waiting_on, s.arrived_at, s.from_at, coalesce(s.to_at, 'infinity') AS to_at
    FROM analyst.open_span AS s
    WHERE s.workspace = %(workspace)s
      AND tstzrange(s.from_at, s.to_at, '[]') && (SELECT tstzrange(min(ends_at), max(ends_at), '[]') FROM due)
), counted AS MATERIALIZED (
    SELECT d.day, s.area_id, s.agent_id,
           CASE WHEN d.ends_at - s.arrived_at <= interval '24 hours' THEN '0-1'
                WHEN d.ends_at - s.arrived_at <= interval '72 hours' THEN '1-3'
                WHEN d.ends_at - s.arrived_at <= interval '168 hours' THEN '3-7'
                WHEN d.ends_at - s.arrived_at <= interval '720 hours' THEN '7-30'
                ELSE '30+' END AS age_band,
           count(*) AS open, count(*) FILTER (WHERE s.waiting_on = 'us') AS waiting_on_us, min(s.arrived_at) AS oldest_at
    FROM due AS d
    JOIN span AS s ON s.from_at < d.ends_at AND s.to_at >= d.ends_at
    WHERE d.ends_at <= now()
    GROUP BY d.day, s.area_id, s.agent_id, 4
), known AS MATERIALIZED (
    SELECT b.day, b.area_id, b.agent_id, b.age_band, b.open, b.waiting_on_us, b.oldest_at
    FROM analyst.backlog_day AS b WHERE b.workspace = %(workspace)s AND b.day = ANY (%(days)s::date[])
), changed AS MATERIALIZED (
    SELECT day FROM ((TABLE counted EXCEPT ALL TABLE known) UNION ALL (TABLE known EXCEPT ALL TABLE counted)) AS x
    GROUP BY day
), deleted AS (
    DELETE FROM analyst.backlog_day AS b USING changed AS c WHERE b.workspace = %(workspace)s AND b.day = c.day
)
INSERT INTO analyst.backlog_day (
    workspace, day, area_id, agent_id, age_band, open, waiting_on_us, oldest_at, corrected_at
)
SELECT %(workspace)s, n.day, n.area_id, n.agent_id, n.age_band, n.open, n.waiting_on_us, n.oldest_at,
       CASE WHEN NOT d.is_new THEN now() END
FROM counted AS n JOIN changed USING (day) JOIN due AS d USING (day);

-- name: delete_due_days
-- These days are computed.
DELETE FROM intake.day_due
WHERE workspace = %(workspace)s AND kept = 'backlog_day' AND day = ANY (%(days)s::date[]);
