-- name: days_to_come
-- Workspaces whose backlog lacks days that are over, with the first and the last; not while everything is computed.
SELECT p.workspace, coalesce(p.day + 1, s.first_day) AS first, intake.today(w.timezone) - 1 AS last
FROM intake.metrics_progress AS p
JOIN cention.workspace AS w USING (workspace)
CROSS JOIN LATERAL (
    SELECT min((o.from_at AT TIME ZONE w.timezone)::date) AS first_day FROM analyst.open_span AS o
    WHERE o.workspace = p.workspace
) AS s
WHERE p.after_id IS NULL AND coalesce(p.day + 1, s.first_day) < intake.today(w.timezone)
ORDER BY p.workspace;

-- name: last_day
-- Last day of the backlog, and the time zone of its days.
SELECT p.day, w.timezone FROM intake.metrics_progress AS p
JOIN cention.workspace AS w USING (workspace)
WHERE p.workspace = %(workspace)s;

-- name: delete_days
-- Delete the backlog of days.
DELETE FROM analyst.backlog_day WHERE workspace = %(workspace)s AND day = ANY (%(days)s::date[]);

-- name: insert_days
-- Count what was open at the end of days.
INSERT INTO analyst.backlog_day (
    workspace, day, area_id, agent_id, age_band, open, waiting_on_us, oldest_at, corrected_at
)
SELECT s.workspace, d.day, s.area_id, s.agent_id,
       CASE WHEN ends.at - s.arrived_at <= interval '24 hours' THEN '0-1'
            WHEN ends.at - s.arrived_at <= interval '72 hours' THEN '1-3'
            WHEN ends.at - s.arrived_at <= interval '168 hours' THEN '3-7'
            WHEN ends.at - s.arrived_at <= interval '720 hours' THEN '7-30'
            ELSE '30+' END,
       count(*), count(*) FILTER (WHERE s.waiting_on = 'us'), min(s.arrived_at),
       CASE WHEN %(corrected)s THEN now() END
FROM unnest(%(days)s::date[]) AS d (day)
JOIN cention.workspace AS w ON w.workspace = %(workspace)s
CROSS JOIN LATERAL (SELECT (d.day + 1)::timestamp AT TIME ZONE w.timezone AS at) AS ends
JOIN analyst.open_span AS s
    ON s.workspace = w.workspace AND s.from_at < ends.at AND (s.to_at IS NULL OR s.to_at >= ends.at)
GROUP BY s.workspace, d.day, s.area_id, s.agent_id, 5;

-- name: set_last_day
-- Record up to which day there is a backlog.
UPDATE intake.metrics_progress SET day = %(day)s WHERE workspace = %(workspace)s;
