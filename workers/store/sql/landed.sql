-- name: keep_documents
-- Keep the newest document of each record, understood or with its problem.
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
    understood_at = EXCLUDED.understood_at, problem = EXCLUDED.problem
WHERE old.fetched_at <= EXCLUDED.fetched_at;

-- name: documents_after
-- The next documents of a family by id, locked so that no drain replaces them meanwhile.
SELECT remote_id, document, fetched_at, problem
FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id > %(after)s
ORDER BY remote_id
LIMIT %(limit)s
FOR UPDATE;
