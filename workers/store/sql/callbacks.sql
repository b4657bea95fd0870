-- name: keep_callbacks
-- Keep callbacks, each once: one whose canonical form is here already changes nothing.
INSERT INTO intake.callback (workspace, received_at, event, remote_id, body_sha256, document, problem)
SELECT workspace, received_at, event, remote_id, body_sha256, document, problem
FROM ROWS FROM (
    unnest(
        %(workspaces)s::text[], %(received_at)s::timestamptz[], %(events)s::bigint[],
        %(remote_ids)s::bigint[], %(body_sha256)s::bytea[], %(problems)s::text[]
    ),
    jsonb_array_elements(%(documents)s::jsonb)
) WITH ORDINALITY
    AS new (workspace, received_at, event, remote_id, body_sha256, problem, document, position)
ORDER BY position
ON CONFLICT (workspace, body_sha256) DO NOTHING;

-- name: take_waiting_callbacks
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
-- Let callbacks be filed again; returns the workspace of each that exists.
UPDATE intake.callback SET filed_at = NULL, problem = NULL
WHERE callback_id = ANY (%(ids)s)
RETURNING workspace;

-- name: list_callbacks
-- The newest callbacks, or the newest with a problem.
SELECT callback_id, workspace, received_at, event, remote_id, filed_at, problem
FROM intake.callback
WHERE NOT %(problems_only)s OR problem IS NOT NULL
ORDER BY callback_id DESC
LIMIT %(limit)s;
