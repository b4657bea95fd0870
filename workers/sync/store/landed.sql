-- name: insert_documents
-- Insert documents, parsed or with their problem; an older document never replaces a newer one.
INSERT INTO intake.landed AS old (workspace, family, remote_id, document, fetched_at, understood_at, problem)
SELECT %(workspace)s, %(family)s, remote_id, document, fetched_at,
       CASE WHEN problem IS NULL THEN now() END, problem
FROM ROWS FROM (
    unnest(%(ids)s::bigint[], %(fetched_at)s::timestamptz[], %(problems)s::text[]),
    jsonb_array_elements(%(documents)s::jsonb)
) AS new (remote_id, fetched_at, problem, document)
ORDER BY remote_id
ON CONFLICT (workspace, family, remote_id) DO UPDATE SET
    document = EXCLUDED.document, fetched_at = EXCLUDED.fetched_at,
    understood_at = EXCLUDED.understood_at, problem = EXCLUDED.problem, dismissed_at = NULL
WHERE old.fetched_at <= EXCLUDED.fetched_at;

-- name: lock_documents_after
-- The next stored documents of a family by id, locked, so that no drain replaces them meanwhile.
SELECT remote_id, document, fetched_at, problem
FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id > %(after)s AND document IS NOT NULL
ORDER BY remote_id
LIMIT %(limit)s
FOR UPDATE;

-- name: count_documents
-- How many documents of a family are stored.
SELECT count(*) FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND document IS NOT NULL;

-- name: newest_documents
-- The most recently fetched documents of a family.
SELECT document FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND document IS NOT NULL
ORDER BY fetched_at DESC
LIMIT %(limit)s;

-- name: unreadable_documents
-- Stored documents that cannot be parsed, and such rows of the log-ons, which have no id; of one workspace or
-- of all (null): so many, or all (null).
SELECT *
FROM (
    SELECT workspace, family, remote_id, fetched_at, problem FROM intake.landed WHERE problem IS NOT NULL
    UNION ALL
    SELECT workspace, 'agent_logons', NULL, last_seen_at, problem FROM intake.odd_logon
) AS unreadable
WHERE %(workspace)s::text IS NULL OR workspace = %(workspace)s
ORDER BY workspace, family, remote_id
LIMIT %(limit)s::bigint;

-- name: unreadable_count
-- How many they are, of one workspace or of all (null).
SELECT (SELECT count(*) FROM intake.landed
        WHERE problem IS NOT NULL AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s))
     + (SELECT count(*) FROM intake.odd_logon WHERE %(workspace)s::text IS NULL OR workspace = %(workspace)s);

-- name: read_document
-- One document as received, which is null once retention has deleted it.
SELECT workspace, family, remote_id, fetched_at, problem, dismissed_at, document
FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id = %(id)s;

-- name: dismiss_documents
-- Stop showing documents that cannot be parsed; returns their ids.
UPDATE intake.landed SET problem = NULL, dismissed_at = now()
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id = ANY (%(ids)s::bigint[])
  AND problem IS NOT NULL
RETURNING remote_id;

-- name: record_parse_results
-- Record the results of parsing documents again: the problem of each, or null if it was parsed. A
-- document that an operator dismissed stays dismissed until it can be parsed.
UPDATE intake.landed AS l
SET problem = CASE WHEN l.dismissed_at IS NULL THEN result.problem END,
    dismissed_at = CASE WHEN result.problem IS NOT NULL THEN l.dismissed_at END,
    understood_at = CASE WHEN result.problem IS NULL THEN now() ELSE l.understood_at END
FROM unnest(%(ids)s::bigint[], %(problems)s::text[]) AS result (remote_id, problem)
WHERE l.workspace = %(workspace)s AND l.family = %(family)s AND l.remote_id = result.remote_id;

-- name: parsed_within
-- True if any document of a family was parsed in the last seconds.
SELECT EXISTS (
    SELECT FROM intake.landed
    WHERE workspace = %(workspace)s AND family = %(family)s
      AND understood_at > now() - make_interval(secs => %(seconds)s)
);
