-- name: delete_problems
-- Delete the problems of errands.
DELETE FROM intake.metrics_problem WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: insert_arrivals
-- Record which of these errands have an implausible time of arrival.
INSERT INTO intake.metrics_problem (workspace, errand_id, kind, problem)
SELECT e.workspace, e.errand_id, 'arrival', format(
    'arrived_at is %%s: %%s', to_char(e.arrived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI BC'),
    CASE WHEN e.arrived_at > e.fetched_at THEN 'later than its report was fetched' ELSE 'before 2000' END
)
FROM cention.errand AS e
WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[])
  AND e.arrived_at IS DISTINCT FROM intake.known_arrival(e.arrived_at, e.fetched_at);

-- name: set_aside
-- Record that the figures of an errand cannot be computed.
INSERT INTO intake.metrics_problem (workspace, errand_id, kind, problem)
VALUES (%(workspace)s, %(errand_id)s, 'failed', %(problem)s)
ON CONFLICT (workspace, errand_id) DO UPDATE SET kind = excluded.kind, problem = excluded.problem, found_at = now();

-- name: problems
-- Problems of the figures of a workspace, the newest first, at most so many.
SELECT workspace, errand_id, kind, problem, found_at FROM intake.metrics_problem
WHERE workspace = %(workspace)s
ORDER BY found_at DESC, errand_id LIMIT %(limit)s;

-- name: failed_errands
-- Errands of a workspace that are set aside.
SELECT errand_id FROM intake.metrics_problem WHERE workspace = %(workspace)s AND kind = 'failed' ORDER BY errand_id;

-- name: statuses
-- One row per workspace: how far its figures are behind, and what is wrong with them.
SELECT workspace, extract(epoch FROM now() - oldest_waiting_at)::float8 AS oldest_wait_s, everything_since_at, failed, arrivals
FROM intake.figure_state ORDER BY workspace;
