-- How far the figures of errands are behind, for commands, alarms and analysts.
CREATE OR REPLACE VIEW intake.figure_state AS
SELECT w.workspace, least(marked.at, days.marked_at, names.marked_at) AS oldest_waiting_at,
       CASE WHEN p.after_id IS NOT NULL OR days.of_everything THEN p.began_at
            WHEN p.workspace IS NULL AND EXISTS (SELECT FROM cention.errand AS e WHERE e.workspace = w.workspace) THEN now()
       END AS everything_since_at, problem.failed, problem.arrivals
FROM cention.workspace AS w
LEFT JOIN intake.metrics_progress AS p ON p.workspace = w.workspace
LEFT JOIN LATERAL (
    SELECT d.marked_at AS at FROM intake.metrics_due AS d
    WHERE d.workspace = w.workspace ORDER BY d.marked_in LIMIT 1
) AS marked ON true
CROSS JOIN LATERAL (
    SELECT min(d.marked_at) FILTER (WHERE p.after_id IS NULL OR d.kept <> 'backlog_day') AS marked_at,
           bool_or(d.is_new) FILTER (WHERE d.kept <> 'backlog_day') AS of_everything
    FROM intake.day_due AS d WHERE d.workspace = w.workspace
) AS days
CROSS JOIN LATERAL (SELECT min(l.marked_at) AS marked_at FROM intake.logon_due AS l WHERE l.workspace = w.workspace) AS names
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.kind = 'failed') AS failed, count(*) FILTER (WHERE m.kind = 'arrival') AS arrivals
    FROM intake.metrics_problem AS m WHERE m.workspace = w.workspace
) AS problem;
COMMENT ON VIEW intake.figure_state IS 'One row per workspace: whether its figures, such as analyst.errand_metrics, are computed.';
COMMENT ON COLUMN intake.figure_state.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.figure_state.oldest_waiting_at IS 'When the oldest change was made, or day was over, that is not computed yet; null if all are.';
COMMENT ON COLUMN intake.figure_state.everything_since_at IS 'Since when everything is being computed, now if that has not begun yet; null if it is not.';
COMMENT ON COLUMN intake.figure_state.failed IS 'Errands whose figures could not be computed.';
COMMENT ON COLUMN intake.figure_state.arrivals IS 'Errands with an implausible time of arrival, or of an event before it, which is taken for unknown.';
