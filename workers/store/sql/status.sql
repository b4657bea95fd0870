-- name: counters
-- What the live line shows: one row.
SELECT (SELECT count(*) FROM intake.callback) AS callbacks,
       (SELECT count(*) FROM cention.errand) AS errands,
       (SELECT count(*) FROM cention.facebook_rating) AS ratings,
       (SELECT count(*) FROM cention.attachment WHERE state = 'stored') AS attachments,
       w.wanted, w.oldest_wait_s
FROM (
    SELECT count(*) AS wanted,
           extract(epoch FROM now() - min(due_at) FILTER (WHERE parked_at IS NULL AND due_at <= now()))::float8
               AS oldest_wait_s
    FROM intake.wanted
) AS w;

-- name: families
-- One row for every workspace and family that was ever polled, wanted or landed.
WITH known AS (
    SELECT workspace, family FROM intake.wanted
    UNION SELECT workspace, family FROM intake.poll
    UNION SELECT workspace, family FROM intake.landed
    UNION SELECT workspace, family FROM intake.pause
)
SELECT k.workspace, k.family, w.wanted, w.due, w.claimed, w.parked, l.unreadable, w.oldest_wait_s,
       p.last_poll_at, p.last_poll_found, p.last_poll_error, l.last_stored_at,
       pause.until_at AS paused_until, pause.reason AS paused_reason
FROM known AS k
CROSS JOIN LATERAL (
    SELECT count(*) AS wanted,
           count(*) FILTER (WHERE parked_at IS NULL AND claim IS NULL AND due_at <= now()) AS due,
           count(*) FILTER (WHERE claim IS NOT NULL) AS claimed,
           count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
           extract(epoch FROM now() - min(due_at) FILTER (WHERE parked_at IS NULL AND due_at <= now()))::float8
               AS oldest_wait_s
    FROM intake.wanted AS w WHERE (w.workspace, w.family) = (k.workspace, k.family)
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE problem IS NOT NULL) AS unreadable, max(understood_at) AS last_stored_at
    FROM intake.landed AS l WHERE (l.workspace, l.family) = (k.workspace, k.family)
) AS l
LEFT JOIN LATERAL (
    SELECT started_at AS last_poll_at, found AS last_poll_found, error AS last_poll_error
    FROM intake.poll AS p WHERE (p.workspace, p.family) = (k.workspace, k.family) AND ended_at IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS p ON true
LEFT JOIN intake.pause ON (pause.workspace, pause.family) = (k.workspace, k.family)
ORDER BY k.workspace, k.family;

-- name: inboxes
-- One row for every workspace that has sent a callback.
SELECT workspace, count(*) AS callbacks,
       count(*) FILTER (WHERE filed_at IS NULL AND problem IS NULL) AS unfiled,
       count(*) FILTER (WHERE problem IS NOT NULL) AS problems,
       extract(epoch FROM now() - min(received_at) FILTER (WHERE filed_at IS NULL AND problem IS NULL))::float8
           AS oldest_unfiled_s,
       max(received_at) AS last_received_at
FROM intake.callback
GROUP BY workspace
ORDER BY workspace;

-- name: queues
-- One row for every queue that a canary was sent through.
SELECT queue, extract(epoch FROM now() - answered_at)::float8 AS silent_s FROM intake.canary ORDER BY queue;
