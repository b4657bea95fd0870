-- name: insert_callbacks
-- Keep callbacks, each once: one whose canonical form is here already changes nothing.
INSERT INTO intake.callback (workspace, received_at, event, remote_id, body_sha256, document, problem)
SELECT workspace, received_at, event, remote_id, decode(body_sha256, 'hex'), document, problem
FROM ROWS FROM (
    jsonb_to_recordset(%(callbacks)s::jsonb) AS (
        workspace text, received_at timestamptz, event bigint, remote_id bigint, body_sha256 text,
        document jsonb, problem text
    )
) WITH ORDINALITY AS new (workspace, received_at, event, remote_id, body_sha256, document, problem, position)
ORDER BY position
ON CONFLICT (workspace, body_sha256) DO NOTHING;

-- name: lock_unfiled_callbacks
-- The oldest callbacks to be filed, locked; those that another filer holds are passed over.
SELECT callback_id, received_at, document
FROM intake.callback
WHERE workspace = %(workspace)s AND filed_at IS NULL AND problem IS NULL
ORDER BY callback_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: mark_callbacks_filed
-- Note callbacks as filed.
UPDATE intake.callback SET filed_at = now() WHERE callback_id = ANY (%(ids)s::bigint[]);

-- name: mark_callback_problem
-- Note why a callback could not be filed.
UPDATE intake.callback SET problem = %(problem)s WHERE callback_id = %(callback_id)s;

-- name: unfiled_workspaces
-- The workspaces that have callbacks to be filed.
SELECT DISTINCT workspace FROM intake.callback WHERE filed_at IS NULL AND problem IS NULL;

-- name: replay_callbacks
-- Let callbacks be filed again; returns each whose document is kept, with its workspace.
UPDATE intake.callback SET filed_at = NULL, problem = NULL
WHERE callback_id = ANY (%(ids)s::bigint[]) AND document IS NOT NULL
RETURNING callback_id, workspace;

-- name: problem_callbacks
-- The numbers of the callbacks that have a problem, of one workspace or of all (null).
SELECT callback_id FROM intake.callback
WHERE problem IS NOT NULL AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s);

-- name: list_callbacks
-- The newest callbacks, or the newest with a problem, of one workspace or of all (null). The errand
-- is what the document names as such, so it may be any text.
SELECT callback_id, workspace, received_at, event, remote_id, filed_at, problem,
       document #>> '{data,relationships,errand,data,id}' AS errand
FROM intake.callback
WHERE (problem IS NOT NULL OR NOT %(problems_only)s)
  AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
ORDER BY callback_id DESC
LIMIT %(limit)s;

-- name: count_callbacks
-- How many callbacks of a workspace have their document, less those that still wait to be filed.
SELECT count(*) FROM intake.callback
WHERE workspace = %(workspace)s AND document IS NOT NULL AND (filed_at IS NOT NULL OR problem IS NOT NULL);

-- name: lock_callbacks_after
-- The next callbacks that were filed or have a problem, by number, if their document is kept; locked against their replay.
SELECT callback_id, received_at, document, problem
FROM intake.callback
WHERE workspace = %(workspace)s AND callback_id > %(after)s
  AND document IS NOT NULL AND (filed_at IS NOT NULL OR problem IS NOT NULL)
ORDER BY callback_id
LIMIT %(limit)s
FOR UPDATE;

-- name: record_filing_results
-- Note what came of filing callbacks anew: a problem, or none (null), and then that they are filed.
UPDATE intake.callback AS c
SET problem = said.problem, filed_at = CASE WHEN said.problem IS NULL THEN now() ELSE c.filed_at END
FROM unnest(%(ids)s::bigint[], %(problems)s::text[]) AS said (callback_id, problem)
WHERE c.callback_id = said.callback_id;
