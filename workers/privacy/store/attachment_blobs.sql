-- name: lock_contents
-- Lock these contents until commit, so that none is stored or referred to meanwhile; drains take the
-- same locks in the same order.
SELECT pg_advisory_xact_lock(hashtextextended('cention.blob', ('x' || left(encode(sha256, 'hex'), 16))::bit(64)::bigint))
FROM (SELECT DISTINCT sha256 FROM unnest(%(contents)s::bytea[]) AS c (sha256) ORDER BY sha256) AS content;

-- name: detach_contents
-- Remove the contents that attachments had when they were selected; with names, also their names and
-- types. One that was never fetched no longer counts as missing. One row for each.
UPDATE cention.attachment AS a
SET state = 'removed', reason = %(reason)s, sha256 = NULL, fetched_at = coalesce(fetched_at, now()),
    name = CASE WHEN NOT %(names)s THEN name END,
    content_type = CASE WHEN NOT %(names)s THEN content_type END,
    content_cid = CASE WHEN NOT %(names)s THEN content_cid END
FROM unnest(%(workspaces)s::text[], %(kinds)s::text[], %(ids)s::bigint[], %(sha256)s::bytea[])
    AS found (workspace, kind, attachment_id, sha256)
WHERE (a.workspace, a.kind, a.attachment_id) = (found.workspace, found.kind, found.attachment_id)
  AND a.sha256 IS NOT DISTINCT FROM found.sha256
RETURNING a.attachment_id;

-- name: remove_contents
-- Delete those of these contents that no attachment refers to. One row for each.
DELETE FROM cention.blob AS b
WHERE b.sha256 = ANY (%(contents)s::bytea[])
  AND NOT EXISTS (SELECT FROM cention.attachment AS a WHERE a.sha256 = b.sha256)
RETURNING sha256;
