-- name: work
-- What is to be computed for each workspace, without what failed and waits. It is asked every few seconds: marks, of
-- which there may be many, are found by index.
WITH RECURSIVE marked AS (
    (SELECT workspace FROM intake.metrics_due ORDER BY workspace LIMIT 1)
    UNION ALL
    SELECT (
        SELECT d.workspace FROM intake.metrics_due AS d
        WHERE d.workspace > m.workspace ORDER BY d.workspace LIMIT 1
    )
    FROM marked AS m WHERE m.workspace IS NOT NULL
), of_tables AS (
    SELECT workspace FROM intake.day_due WHERE kept <> 'backlog_day' AND intake.may_retry(retry_at)
    UNION SELECT workspace FROM intake.logon_due WHERE intake.may_retry(retry_at)
    UNION
    SELECT m.workspace FROM intake.moving_logon AS m
    WHERE NOT EXISTS (
        SELECT FROM intake.logon_due AS l
        WHERE (l.workspace, l.login_name) = (m.workspace, m.login_name) AND NOT intake.may_retry(l.retry_at)
    )
), known AS (
    -- Also of what has no row of its workspace.
    SELECT workspace FROM cention.workspace
    UNION SELECT workspace FROM marked WHERE workspace IS NOT NULL
    UNION SELECT workspace FROM of_tables
), state AS (
    SELECT k.workspace, EXISTS (SELECT FROM marked AS m WHERE m.workspace = k.workspace) AS marked,
           p.after_id IS NOT NULL AS everything,
           p.workspace IS NOT NULL AND p.after_id IS NULL AND (
               p.day IS NULL OR p.day < intake.today(w.timezone) - 1
               OR EXISTS (
                   SELECT FROM intake.day_due AS d
                   WHERE d.workspace = p.workspace AND d.kept = 'backlog_day' AND intake.may_retry(d.retry_at)
               )
           ) AS days,
           EXISTS (SELECT FROM of_tables AS t WHERE t.workspace = k.workspace) AS tables
    FROM known AS k
    LEFT JOIN cention.workspace AS w ON w.workspace = k.workspace
    LEFT JOIN intake.metrics_progress AS p ON p.workspace = k.workspace
)
SELECT workspace, marked, everything, days, tables FROM state WHERE marked OR everything OR days OR tables
ORDER BY workspace;

-- name: begin_new
-- Begin with everything of workspaces of which nothing is computed yet.
INSERT INTO intake.metrics_progress (workspace, after_id)
SELECT w.workspace, 0 FROM cention.workspace AS w
WHERE NOT EXISTS (SELECT FROM intake.metrics_progress AS p WHERE p.workspace = w.workspace)
ON CONFLICT DO NOTHING;

-- name: begin
-- Begin with everything, from the first errand on. What one under way would not leave out is not left out.
INSERT INTO intake.metrics_progress AS p (workspace, after_id, since)
SELECT w.workspace, 0, %(since)s::date FROM cention.workspace AS w
WHERE %(workspace)s IN (w.workspace, '*')
ORDER BY w.workspace
ON CONFLICT (workspace) DO UPDATE
SET after_id = 0, began_at = clock_timestamp(),
    since = CASE WHEN p.after_id IS NULL THEN excluded.since
                 WHEN p.since IS NOT NULL AND excluded.since IS NOT NULL THEN least(p.since, excluded.since) END;

-- name: progress
-- How far the computation of everything is; no row if none is under way.
SELECT after_id, since, began_at FROM intake.metrics_progress
WHERE workspace = %(workspace)s AND after_id IS NOT NULL;

-- name: next_errands
-- The errands after this one, at most so many.
SELECT e.errand_id FROM cention.errand AS e
WHERE e.workspace = %(workspace)s AND e.errand_id > %(after)s
  AND (
      %(since)s::date IS NULL OR greatest(e.arrived_at, e.fetched_at) >= (
          SELECT %(since)s::date::timestamp AT TIME ZONE w.timezone FROM cention.workspace AS w
          WHERE w.workspace = %(workspace)s
      )
  )
ORDER BY e.errand_id LIMIT %(limit)s;

-- name: set_after
-- Record up to which errand everything is computed, null at the end, unless it was begun anew.
UPDATE intake.metrics_progress SET after_id = %(after_id)s
WHERE workspace = %(workspace)s AND began_at = %(began_at)s AND after_id IS NOT NULL;
