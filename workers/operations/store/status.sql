-- name: counters
-- Counts of stored and wanted records: one row.
SELECT (SELECT count(*) FROM intake.callback) AS callbacks,
       (SELECT count(*) FROM cention.errand) AS errands,
       (SELECT count(*) FROM cention.facebook_rating) AS ratings,
       (SELECT count(*) FROM cention.attachment WHERE state = 'stored') AS attachments,
       (SELECT count(*) FROM cention.library_question WHERE gone_at IS NULL) AS questions,
       (SELECT count(*) FROM cention.agent_logon) AS logons,
       (SELECT count(*) FROM cention.exported_errand) AS exported,
       (SELECT coalesce(sum(number), 0)::bigint FROM intake.wanted_count) AS wanted,
       (SELECT extract(epoch FROM now() - min(oldest_waiting_at))::float8
        FROM intake.wanted_figure WHERE oldest_waiting_at <= now()) AS oldest_wait_s;

-- name: families
-- One row for every workspace and family that was ever polled, wanted, paused or landed, or that has
-- missing records; mirrors are not included.
WITH known AS (
    SELECT workspace, family FROM intake.wanted_figure
    UNION SELECT workspace, family FROM intake.polled_family WHERE family <> ALL (%(mirrors)s)
    UNION SELECT workspace, family FROM intake.pause WHERE family <> ALL (%(mirrors)s)
    UNION SELECT workspace, family FROM intake.completeness WHERE missing > 0
    UNION SELECT c.workspace, f.family
    FROM cention.workspace AS c, unnest(%(families)s::text[]) AS f (family)
    WHERE (
        SELECT true FROM intake.landed AS l WHERE (l.workspace, l.family) = (c.workspace, f.family)
        ORDER BY l.remote_id  -- so that it is looked up in the index, also where there is none
        LIMIT 1
    )
)
SELECT k.workspace, k.family, coalesce(w.wanted, 0) AS wanted, coalesce(w.due, 0) AS due,
       coalesce(w.claimed, 0) AS claimed, coalesce(w.parked, 0) AS parked,
       extract(epoch FROM now() - CASE WHEN w.oldest_waiting_at <= now() THEN w.oldest_waiting_at END)::float8
           AS oldest_wait_s,
       (SELECT count(*) FROM intake.landed AS l
        WHERE (l.workspace, l.family) = (k.workspace, k.family) AND problem IS NOT NULL) AS unreadable,
       (SELECT max(understood_at) FROM intake.landed AS l
        WHERE (l.workspace, l.family) = (k.workspace, k.family)) AS last_stored_at,
       p.last_poll_at, p.last_poll_found, p.last_poll_error, good.last_good_poll_at,
       intake.is_late(good.last_good_poll_at, ws.poll_every_s) AS poll_late,
       counted.missing, counted.counted_at, intake.is_uncounted(counted.counted_at, first.poll_at) AS uncounted,
       pause.until_at AS paused_until, pause.reason AS paused_reason
FROM known AS k
LEFT JOIN cention.workspace AS ws ON ws.workspace = k.workspace
LEFT JOIN intake.wanted_figure AS w ON (w.workspace, w.family) = (k.workspace, k.family)
LEFT JOIN LATERAL (
    SELECT started_at AS last_poll_at, found AS last_poll_found, error AS last_poll_error
    FROM intake.poll AS p WHERE (p.workspace, p.family) = (k.workspace, k.family) AND ended_at IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT started_at AS last_good_poll_at
    FROM intake.poll AS p WHERE (p.workspace, p.family) = (k.workspace, k.family) AND found IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS good ON true
CROSS JOIN LATERAL (
    SELECT min(started_at) AS poll_at FROM intake.poll AS p WHERE (p.workspace, p.family) = (k.workspace, k.family)
) AS first
CROSS JOIN LATERAL (
    SELECT coalesce(sum(missing), 0)::bigint AS missing, max(checked_at) AS counted_at
    FROM intake.completeness AS c WHERE (c.workspace, c.family) = (k.workspace, k.family)
) AS counted
LEFT JOIN intake.pause ON (pause.workspace, pause.family) = (k.workspace, k.family)
ORDER BY k.workspace, k.family;

-- name: inboxes
-- One row for every workspace that is configured or has callbacks to be filed; the whole inbox is
-- never counted, as it only grows.
SELECT workspace,
       (SELECT count(*) FROM intake.callback AS c
        WHERE c.workspace = w.workspace AND received_at > now() - interval '1 day') AS received_24h,
       u.unfiled, u.oldest_unfiled_s,
       (SELECT count(*) FROM intake.callback AS c
        WHERE c.workspace = w.workspace AND problem IS NOT NULL) AS problems,
       newest.received_at AS last_received_at, intake.is_silent(newest.received_at, answered.at) AS silent
FROM (
    SELECT workspace FROM cention.workspace
    UNION SELECT workspace FROM intake.callback WHERE filed_at IS NULL AND problem IS NULL
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS unfiled, extract(epoch FROM now() - min(received_at))::float8 AS oldest_unfiled_s
    FROM intake.callback AS c
    WHERE c.workspace = w.workspace AND filed_at IS NULL AND problem IS NULL
) AS u
CROSS JOIN LATERAL (
    SELECT max(received_at) AS received_at FROM intake.callback AS c WHERE c.workspace = w.workspace
) AS newest
CROSS JOIN LATERAL (
    SELECT max(answered_at) AS at FROM cention.errand AS e WHERE e.workspace = w.workspace AND answered_at <= now()
) AS answered
ORDER BY workspace;

-- name: queues
-- One row for every queue that a canary was sent through.
SELECT queue, extract(epoch FROM now() - answered_at)::float8 AS silent_s FROM intake.canary ORDER BY queue;

-- name: unknown_outcomes
-- The number of requests of unknown outcome (errands created or closed, calls ended): one row for every
-- workspace that is configured or has one.
SELECT workspace, count(sent_id) AS unknown
FROM (
    SELECT workspace, NULL::bigint AS sent_id FROM cention.workspace
    UNION ALL SELECT workspace, sent_id FROM cention.sent_errand WHERE state = 'unknown'
    UNION ALL SELECT workspace, sent_id FROM cention.sent_closing WHERE state = 'unknown'
    UNION ALL SELECT workspace, sent_id FROM cention.sent_call_end WHERE state = 'unknown'
) AS unknown
GROUP BY workspace
ORDER BY workspace;

-- name: unsettled_reports
-- The number of weekly reports that nothing sends by itself, refused or of unknown outcome: one row for every
-- workspace that is configured.
SELECT w.workspace, count(r.week) AS unsettled
FROM cention.workspace AS w
LEFT JOIN intake.report_sent AS r ON r.workspace = w.workspace AND r.state IN ('refused', 'unknown')
GROUP BY w.workspace
ORDER BY w.workspace;

-- name: failed_polls
-- Workspaces whose last poll of a list, or refresh of an enabled mirror, failed.
SELECT last.workspace
FROM intake.polled_family AS polled
CROSS JOIN LATERAL (
    SELECT workspace, family, found FROM intake.poll AS p
    WHERE (p.workspace, p.family) = (polled.workspace, polled.family) AND ended_at IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS last
WHERE last.found IS NULL AND EXISTS (SELECT FROM cention.workspace AS w WHERE w.workspace = last.workspace)
  AND (last.family <> ALL (%(mirrors)s)
       OR EXISTS (SELECT FROM intake.mirror AS m WHERE (m.workspace, m.mirror) = (last.workspace, last.family)))
ORDER BY last.workspace;

-- name: backend
-- The process of the server that serves this connection now.
SELECT pg_backend_pid();

-- name: clock
-- The time that ages are measured from.
SELECT now();

-- name: role
-- The role of this connection, and whether it may write what workers write; only once migrated.
SELECT current_user,
       (SELECT bool_and(has_table_privilege(name, privilege))
        FROM unnest('{intake.wanted,intake.landed,cention.errand}'::text[]) AS name,
             unnest('{SELECT,INSERT,UPDATE}'::text[]) AS privilege) AS may_write;
