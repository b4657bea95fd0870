-- name: delete_problems
-- Delete the problems of errands.
DELETE FROM intake.metrics_problem WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: insert_arrivals
-- Record which of these errands have an implausible time of arrival, or else one of an event before it.
INSERT INTO intake.metrics_problem (workspace, errand_id, kind, problem)
SELECT e.workspace, e.errand_id, 'arrival', format(
    '%%s is %%s: %%s', odd.name, to_char(odd.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI BC'),
    CASE WHEN odd.at < '2000-01-01 UTC' THEN 'before 2000'
         WHEN odd.name = 'arrived_at' THEN 'later than its report was fetched'
         ELSE 'more than a day before the arrival' END
)
FROM cention.errand AS e
CROSS JOIN LATERAL (SELECT intake.known_arrival(e.arrived_at, e.fetched_at) AS arrived_at) AS known
CROSS JOIN LATERAL (
    SELECT t.name, t.at FROM (
        VALUES (1, 'arrived_at', e.arrived_at, known.arrived_at),
               (2, 'answered_at', e.answered_at, intake.known_event(e.answered_at, known.arrived_at)),
               (3, 'done_at', e.done_at, intake.known_event(e.done_at, known.arrived_at))
        UNION ALL
        SELECT 4, 'the time of an action', first.at, intake.known_event(first.at, known.arrived_at)
        FROM (
            SELECT min(a.happened_at) AS at FROM cention.errand_action AS a
            WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
        ) AS first
    ) AS t (place, name, at, known_at)
    WHERE t.at IS DISTINCT FROM t.known_at
    ORDER BY t.place LIMIT 1
) AS odd
WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[]);

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
