-- name: lock_closing
-- Lock the closing of an errand until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('closing/' || %(workspace)s::text || '/' || %(errand_id)s::text, 0));

-- name: begin_closing
-- Record a closing before it is sent.
INSERT INTO cention.sent_closing (workspace, state, errand_id, user_type, user_id, sent_by)
VALUES (%(workspace)s, 'sending', %(errand_id)s, nullif(%(user_type)s, ''), nullif(%(user_id)s, ''), %(sent_by)s)
RETURNING sent_id;

-- name: last_closing
-- The last closing of an errand that was not refused; no row if there was none.
SELECT sent_id, state, sent_at FROM cention.sent_closing
WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s) AND state <> 'refused'
ORDER BY sent_id DESC
LIMIT 1;

-- name: begin_call_end
-- Record the end of a call before it is sent.
INSERT INTO cention.sent_call_end (
    workspace, state, integration_name, device_id, extension_id, dialed_number, sent_by
) VALUES (
    %(workspace)s, 'sending', %(integration_name)s, %(device_id)s, %(extension_id)s, %(dialed_number)s, %(sent_by)s
)
RETURNING sent_id;

-- name: settle
-- Record the outcome of a request of this run, even if it was marked as unknown meanwhile.
UPDATE {table}
SET state = %(state)s, problem = %(problem)s, settled_at = CASE WHEN %(state)s <> 'unknown' THEN now() END
WHERE (workspace, sent_id, sent_by) = (%(workspace)s, %(sent_id)s, %(sent_by)s)
  AND state IN ('sending', 'unknown');

-- name: resolve
-- Record an outcome that an operator found out. No row if none was unknown.
UPDATE {table}
SET state = CASE WHEN %(happened)s THEN 'done' ELSE 'refused' END, settled_at = now(),
    problem = CASE WHEN NOT %(happened)s THEN 'an operator found that it was not done' END
WHERE (workspace, sent_id) = (%(workspace)s, %(sent_id)s) AND state = 'unknown'
RETURNING sent_id;

-- name: senders
-- Runs of commands that have requests in flight, or that died.
SELECT DISTINCT sent_by FROM (
    SELECT sent_by FROM cention.sent_errand WHERE state = 'sending'
    UNION ALL SELECT sent_by FROM cention.sent_closing WHERE state = 'sending'
    UNION ALL SELECT sent_by FROM cention.sent_call_end WHERE state = 'sending'
) AS unsettled;

-- name: mark_unknown
-- Mark the requests that a dead run was sending as of unknown outcome.
UPDATE {table} SET state = 'unknown', problem = 'the command ended before the answer came'
WHERE sent_by = %(sent_by)s AND state = 'sending';

-- name: unknown_closings
-- Closings of unknown outcome, and whether the errand is closed now.
SELECT s.workspace, s.sent_id, 'close' AS kind, s.sent_at, s.problem, NULL AS origin,
       'errand ' || s.errand_id || CASE WHEN e.closed THEN ', which is closed' ELSE '' END AS about,
       NULL::bigint AS looks_like
FROM cention.sent_closing AS s
LEFT JOIN cention.errand AS e USING (workspace, errand_id)
WHERE s.state = 'unknown' AND (s.workspace = %(workspace)s OR %(workspace)s IS NULL)
ORDER BY s.workspace, s.sent_id;

-- name: unknown_call_ends
-- Ends of calls of unknown outcome.
SELECT workspace, sent_id, 'end call' AS kind, sent_at, problem, NULL AS origin,
       concat_ws(' ', 'device', device_id, 'extension', extension_id, dialed_number) AS about,
       NULL::bigint AS looks_like
FROM cention.sent_call_end
WHERE state = 'unknown' AND (workspace = %(workspace)s OR %(workspace)s IS NULL)
ORDER BY workspace, sent_id;
