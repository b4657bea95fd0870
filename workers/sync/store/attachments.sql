-- name: record_attachments_wanted
-- Add attachments as wanted; existing rows stay as they are. Returns the ids of new rows.
INSERT INTO cention.attachment (workspace, kind, attachment_id, state)
SELECT %(workspace)s, %(kind)s, attachment_id, 'wanted'
FROM unnest(%(ids)s::bigint[]) AS new (attachment_id)
ORDER BY attachment_id
ON CONFLICT (workspace, kind, attachment_id) DO NOTHING
RETURNING attachment_id;

-- name: describe_attachments
-- Write descriptions of attachments that have a row; contents stay as they are.
UPDATE cention.attachment AS a
SET name = new.name, content_type = new.content_type, content_cid = new.content_cid
FROM unnest(%(ids)s::bigint[], %(names)s::text[], %(content_types)s::text[], %(content_cids)s::text[])
    AS new (attachment_id, name, content_type, content_cid)
WHERE a.workspace = %(workspace)s AND a.kind = %(kind)s AND a.attachment_id = new.attachment_id;

-- name: save_attachment
-- Write the description of one attachment whose content is stored; an older fetch changes nothing.
INSERT INTO cention.attachment AS old (
    workspace, kind, attachment_id, name, content_type, content_cid, size_bytes, sha256, state, fetched_at
)
VALUES (
    %(workspace)s, %(kind)s, %(attachment_id)s, %(name)s, %(content_type)s, %(content_cid)s,
    %(size_bytes)s, %(sha256)s, 'stored', %(fetched_at)s
)
ON CONFLICT (workspace, kind, attachment_id) DO UPDATE SET
    name = EXCLUDED.name, content_type = EXCLUDED.content_type, content_cid = EXCLUDED.content_cid,
    size_bytes = EXCLUDED.size_bytes, sha256 = EXCLUDED.sha256, state = 'stored', reason = NULL,
    fetched_at = EXCLUDED.fetched_at
WHERE old.fetched_at IS NULL OR old.fetched_at <= EXCLUDED.fetched_at;

-- name: record_attachments_absent
-- Mark attachments as gone or refused, and why; a content stored earlier stays, and so does its name.
INSERT INTO cention.attachment AS old (workspace, kind, attachment_id, state, reason, fetched_at)
SELECT %(workspace)s, %(kind)s, attachment_id, %(state)s, %(reason)s, %(at)s
FROM unnest(%(ids)s::bigint[]) AS new (attachment_id)
ORDER BY attachment_id
ON CONFLICT (workspace, kind, attachment_id) DO UPDATE SET
    state = EXCLUDED.state, reason = EXCLUDED.reason, fetched_at = EXCLUDED.fetched_at
WHERE old.fetched_at IS NULL OR old.fetched_at <= EXCLUDED.fetched_at;

-- name: lock_content
-- Lock this content, so that one transaction at a time inserts it.
SELECT pg_advisory_xact_lock(hashtextextended('cention.blob', ('x' || left(encode(%(sha256)s, 'hex'), 16))::bit(64)::bigint));

-- name: content_is_stored
-- True if this content is stored.
SELECT EXISTS (SELECT FROM cention.blob WHERE sha256 = %(sha256)s);

-- name: copy_content
-- Insert one content, in PostgreSQL's binary COPY format.
COPY cention.blob (sha256, content) FROM STDIN (FORMAT binary);
