-- name: begin_errand
-- Record a message before it is sent, also one that was refused before. No row if any run sent it and
-- it was not refused.
INSERT INTO cention.sent_errand AS old (
    workspace, message_sha256, state, answered, message_id, content_sha256, origin, from_address, from_name,
    subject, attachment_count, attachment_bytes, sent_by
) VALUES (
    %(workspace)s, %(message_sha256)s, 'sending', %(answered)s, %(message_id)s, %(content_sha256)s, %(origin)s,
    nullif(%(from_address)s, ''), nullif(%(from_name)s, ''), nullif(%(subject)s, ''), %(attachment_count)s, %(attachment_bytes)s, %(sent_by)s
)
ON CONFLICT (workspace, message_sha256) DO UPDATE SET
    state = 'sending', answered = EXCLUDED.answered, message_id = EXCLUDED.message_id,
    content_sha256 = EXCLUDED.content_sha256, origin = EXCLUDED.origin, from_address = EXCLUDED.from_address,
    from_name = EXCLUDED.from_name, subject = EXCLUDED.subject, attachment_count = EXCLUDED.attachment_count,
    attachment_bytes = EXCLUDED.attachment_bytes, sent_by = EXCLUDED.sent_by, tries = old.tries + 1,
    sent_at = now(), settled_at = NULL, problem = NULL
WHERE old.state = 'refused'
RETURNING sent_id;

-- name: sent_errand
-- A message that was sent; no row if it never was.
SELECT sent_id, state, errand_id, content_sha256, sent_at, origin
FROM cention.sent_errand
WHERE (workspace, message_sha256) = (%(workspace)s, %(message_sha256)s);

-- name: settle_errand
-- Record the outcome of a request of this run, even if it was marked as unknown meanwhile.
UPDATE cention.sent_errand
SET state = %(state)s, errand_id = %(errand_id)s, problem = %(problem)s,
    settled_at = CASE WHEN %(state)s <> 'unknown' THEN now() END
WHERE (workspace, sent_id, sent_by) = (%(workspace)s, %(sent_id)s, %(sent_by)s)
  AND state IN ('sending', 'unknown');

-- name: resolve_errand
-- Record an outcome that an operator found out. No row if none was unknown.
UPDATE cention.sent_errand
SET state = CASE WHEN %(happened)s THEN 'created' ELSE 'refused' END,
    errand_id = CASE WHEN %(happened)s THEN %(errand_id)s::bigint END,
    problem = CASE WHEN NOT %(happened)s THEN 'an operator found that it was not created' END, settled_at = now()
WHERE (workspace, sent_id) = (%(workspace)s, %(sent_id)s) AND state = 'unknown'
RETURNING sent_id;

-- name: sent_as
-- The number of the request that became an errand; no row if none did.
SELECT sent_id FROM cention.sent_errand WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s);

-- name: unknown_errands
-- Creations of unknown outcome, and the errand that each may have become: same writer, subject and time.
SELECT s.workspace, s.sent_id, 'create' AS kind, s.sent_at, s.problem, s.origin,
       concat_ws(' ', s.from_address, '"' || s.subject || '"') AS about, like_it.errand_id AS looks_like
FROM cention.sent_errand AS s
LEFT JOIN LATERAL (
    SELECT e.errand_id FROM cention.errand AS e
    WHERE e.workspace = s.workspace AND lower(e.from_address) = lower(s.from_address)
      AND e.subject IS NOT DISTINCT FROM s.subject
      AND e.arrived_at BETWEEN s.sent_at - interval '2 minutes' AND s.sent_at + interval '1 hour'
      AND NOT EXISTS (
          SELECT FROM cention.sent_errand AS other
          WHERE (other.workspace, other.errand_id) = (e.workspace, e.errand_id)
      )
    ORDER BY e.arrived_at, e.errand_id
    LIMIT 1
) AS like_it ON true
WHERE s.state = 'unknown' AND (s.workspace = %(workspace)s OR %(workspace)s IS NULL)
ORDER BY s.workspace, s.sent_id;
