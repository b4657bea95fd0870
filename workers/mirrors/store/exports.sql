-- name: begin_export
-- Record an export before it is requested; one row with its number.
INSERT INTO cention.export_run (workspace, origin, preset_id, by_closure, from_day, to_day, state)
VALUES (%(workspace)s, %(origin)s, %(preset_id)s, %(by_closure)s, %(from_day)s, %(to_day)s, 'running')
RETURNING run_id;

-- name: copy_exported_errands
-- Store the errands of one export; the columns are those of ExportedErrand, in its order.
COPY cention.exported_errand (
    workspace, run_id, position,
    errand_id, from_address, to_address, subject, question, answer, errand_notes,
    timestamp_arrived, timestamp_opened, timestamp_answered, timestamp_closed,
    arrived_at, opened_at, answered_at, closed_at,
    agent_id, agent_name, area_id, area_name, area_external_id, tag_names, client_id, priority, channel,
    satisfaction_1, satisfaction_2, satisfaction_3, satisfaction_4, satisfaction_5, document, problem
) FROM STDIN;

-- name: finish_export
-- Mark an export as done, also if it was marked as of unknown outcome meanwhile.
UPDATE cention.export_run
SET state = 'done', ended_at = clock_timestamp(), export_id = %(export_id)s, errands = %(errands)s,
    unreadable = %(unreadable)s, error = NULL
WHERE workspace = %(workspace)s AND run_id = %(run_id)s;

-- name: fail_export
-- Mark an export as refused or as of unknown outcome; one that ended otherwise meanwhile stays.
UPDATE cention.export_run SET state = %(state)s, ended_at = clock_timestamp(), error = %(error)s
WHERE workspace = %(workspace)s AND run_id = %(run_id)s AND state = 'running';

-- name: exports_running
-- Exports that run, or whose process has died.
SELECT run_id FROM cention.export_run WHERE workspace = %(workspace)s AND state = 'running' ORDER BY run_id;

-- name: exports
-- The newest exports first, of one workspace or of all (null).
SELECT workspace, run_id, origin, preset_id, by_closure, from_day, to_day, state, started_at, ended_at,
       export_id, errands, unreadable, error
FROM cention.export_run
WHERE %(workspace)s::text IS NULL OR workspace = %(workspace)s
ORDER BY started_at DESC, run_id DESC
LIMIT %(limit)s;

-- name: scheduled_exports
-- Of the scheduled exports of one preset: the last day of the last success, and how long ago the last
-- one was requested if its outcome is unknown and no export of that preset was done since.
SELECT
    (SELECT to_day FROM cention.export_run
     WHERE workspace = %(workspace)s AND origin = 'schedule' AND preset_id = %(preset_id)s AND state = 'done'
     ORDER BY run_id DESC LIMIT 1) AS covered_to,
    (SELECT CASE WHEN state = 'unknown' THEN extract(epoch FROM clock_timestamp() - started_at)::float8 END
     FROM cention.export_run
     WHERE workspace = %(workspace)s AND preset_id = %(preset_id)s AND (origin = 'schedule' OR state = 'done')
     ORDER BY run_id DESC LIMIT 1) AS unknown_for_s;
