-- name: insert_callbacks
-- Insert callbacks; one whose canonical form is stored already changes nothing. They were received by
-- the clock of a receiver: what that differs from ours by, at the moment of sending, is added, and nothing if that
-- moment is null. None was received later than now: a spool may be of a time, or of a machine, whose clock was wrong.
INSERT INTO intake.callback (workspace, received_at, event, remote_id, body_sha256, document, problem)
SELECT workspace, least(received_at + clocks.difference, clocks.now), event, remote_id, decode(body_sha256, 'hex'),
       document, problem
FROM ROWS FROM (
    jsonb_to_recordset(%(callbacks)s::jsonb) AS (
        workspace text, received_at timestamptz, event bigint, remote_id bigint, body_sha256 text,
        document jsonb, problem text
    )
) WITH ORDINALITY AS new (workspace, received_at, event, remote_id, body_sha256, document, problem, position)
CROSS JOIN (
    -- A little is the way from there to here.
    SELECT now,
           CASE WHEN found BETWEEN interval '-2 s' AND interval '2 s' THEN interval '0' ELSE found END AS difference
    FROM (
        SELECT now, now - coalesce(%(sent_at)s::timestamptz, now) AS found
        FROM (SELECT clock_timestamp() AS now) AS ours
    ) AS clock
) AS clocks
ORDER BY position
ON CONFLICT (workspace, body_sha256) DO NOTHING;

-- name: lock_unfiled_callbacks
-- The oldest unfiled callbacks, locked; those that another transaction holds are skipped.
SELECT callback_id, received_at, document
FROM intake.callback
WHERE workspace = %(workspace)s AND filed_at IS NULL AND problem IS NULL
ORDER BY callback_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: mark_callbacks_filed
-- Mark callbacks as filed.
UPDATE intake.callback SET filed_at = now() WHERE callback_id = ANY (%(ids)s::bigint[]);

-- name: mark_callback_problem
-- Record why a callback cannot be filed.
UPDATE intake.callback SET problem = %(problem)s WHERE callback_id = %(callback_id)s;

-- name: unfiled_workspaces
-- The workspaces that have unfiled callbacks.
SELECT DISTINCT workspace FROM intake.callback WHERE filed_at IS NULL AND problem IS NULL;

-- name: replay_callbacks
-- Mark callbacks as unfiled if their document is stored; returns each with its workspace.
UPDATE intake.callback SET filed_at = NULL, problem = NULL, dismissed_at = NULL
WHERE callback_id = ANY (%(ids)s::bigint[]) AND document IS NOT NULL
RETURNING callback_id, workspace;

-- name: problem_callbacks
-- The numbers of the callbacks that have a problem, of one workspace or of all (null).
SELECT callback_id FROM intake.callback
WHERE problem IS NOT NULL AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s);

-- name: problem_count
-- How many callbacks have a problem, of one workspace or of all (null).
SELECT count(*) FROM intake.callback
WHERE problem IS NOT NULL AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s);

-- name: list_callbacks
-- The newest callbacks, or the newest with a problem, of one workspace or of all (null). The errand
-- is taken from the document as it is, so it may be any text.
SELECT callback_id, workspace, received_at, event, remote_id, filed_at, problem,
       document #>> '{data,relationships,errand,data,id}' AS errand
FROM intake.callback
WHERE (problem IS NOT NULL OR NOT %(problems_only)s)
  AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
ORDER BY callback_id DESC
LIMIT %(limit)s;

-- name: dismiss_callbacks
-- Count callbacks with a problem as filed; returns their numbers.
UPDATE intake.callback SET filed_at = coalesce(filed_at, now()), problem = NULL, dismissed_at = now()
WHERE callback_id = ANY (%(ids)s::bigint[]) AND problem IS NOT NULL
RETURNING callback_id;

-- name: read_callback
-- One callback with its document, which is null once retention has deleted it.
SELECT callback_id, workspace, received_at, event, remote_id, filed_at, problem, dismissed_at, document
FROM intake.callback WHERE callback_id = %(id)s;

-- name: count_callbacks
-- How many callbacks of a workspace have their document and were filed or have a problem.
SELECT count(*) FROM intake.callback
WHERE workspace = %(workspace)s AND document IS NOT NULL AND dismissed_at IS NULL AND (filed_at IS NOT NULL OR problem IS NOT NULL);

-- name: lock_callbacks_after
-- The next callbacks by number that have their document and were filed or have a problem; locked, so
-- that they are not replayed meanwhile.
SELECT callback_id, received_at, document, problem
FROM intake.callback
WHERE workspace = %(workspace)s AND callback_id > %(after)s
  AND document IS NOT NULL AND dismissed_at IS NULL AND (filed_at IS NOT NULL OR problem IS NOT NULL)
ORDER BY callback_id
LIMIT %(limit)s
FOR UPDATE;

-- name: record_filing_results
-- Record the results of filing callbacks again: the problem of each, or null if it was filed.
UPDATE intake.callback AS c
SET problem = result.problem, filed_at = CASE WHEN result.problem IS NULL THEN now() ELSE c.filed_at END
FROM unnest(%(ids)s::bigint[], %(problems)s::text[]) AS result (callback_id, problem)
WHERE c.callback_id = result.callback_id;
