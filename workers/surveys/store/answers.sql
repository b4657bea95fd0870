-- name: known_references
-- Those of some references that are ours, in this workspace.
SELECT reference FROM feedback.invitation
WHERE workspace = %(workspace)s AND reference = ANY (%(references)s::text[]);

-- name: open_result_sessions
-- Open a session for each of some references of ours that has none, and lock them all: whoever reports the
-- same answers at the same time waits. It is of the vendor that was asked, also if the results are reported as
-- another's: the same answers would count twice. One row for each.
INSERT INTO feedback.session (
    workspace, invitation_id, errand_id, vendor, remote_id, origin, state, verified, language, started_at,
    completed_at
)
SELECT DISTINCT ON (new.reference)
       i.workspace, i.invitation_id, i.errand_id, i.vendor, i.reference, %(origin)s, 'complete', true, i.language,
       coalesce(new.answered_at, now()), coalesce(new.answered_at, now())
FROM jsonb_to_recordset(%(rows)s::jsonb) AS new (reference text, answered_at timestamptz)
JOIN feedback.invitation AS i ON (i.workspace, i.reference) = (%(workspace)s, new.reference)
ORDER BY new.reference
ON CONFLICT (workspace, vendor, remote_id) DO UPDATE SET remote_id = EXCLUDED.remote_id
RETURNING remote_id, session_id;

-- name: add_answers
-- Add answers to questions of sessions that have none yet. The sessions are locked. One row for each.
INSERT INTO feedback.answer (
    workspace, session_id, position, question_key, question_text, kind, choice_text, number, lowest, highest,
    comment, answered_at
)
SELECT %(workspace)s, new.session_id,
       coalesce(last.position, 0) + row_number() OVER (PARTITION BY new.session_id ORDER BY new.at),
       new.question_key, new.question_key, new.kind, new.choice_text, new.number, new.lowest, new.highest,
       new.comment, coalesce(new.answered_at, now())
FROM ROWS FROM (
    jsonb_to_recordset(%(answers)s::jsonb) AS (
        session_id bigint, question_key text, kind text, choice_text text, number numeric, lowest numeric,
        highest numeric, comment text, answered_at timestamptz
    )
) WITH ORDINALITY AS new (
    session_id, question_key, kind, choice_text, number, lowest, highest, comment, answered_at, at
)
LEFT JOIN LATERAL (
    SELECT max(a.position) AS position FROM feedback.answer AS a
    WHERE (a.workspace, a.session_id) = (%(workspace)s, new.session_id)
) AS last ON true
WHERE NOT EXISTS (
    SELECT FROM feedback.answer AS a
    WHERE (a.workspace, a.session_id, a.question_key) = (%(workspace)s, new.session_id, new.question_key)
)
RETURNING session_id, question_key;

-- name: settle_answered
-- Settle invitations that were answered: they were sent, also if the outcome of the request is still open or
-- unknown, or if a database that was restored has forgotten the request. One row for each.
UPDATE feedback.invitation
SET state = 'triggered', settled_at = now(), settled_by = 'answer', problem = NULL,
    sent_at = coalesce(sent_at, due_at), sent_by = coalesce(sent_by, gen_random_uuid())
WHERE workspace = %(workspace)s AND reference = ANY (%(references)s::text[])
  AND state IN ('due', 'sending', 'unknown')
RETURNING invitation_id;

-- name: save_unmatched
-- Keep rows that belong to no invitation, each once.
INSERT INTO feedback.unmatched_row (workspace, vendor, origin, row_sha256, reference, cells)
SELECT %(workspace)s, %(vendor)s, %(origin)s, new.digest, nullif(new.reference, ''), new.cells::jsonb
FROM unnest(%(digests)s::bytea[], %(references)s::text[], %(cells)s::text[]) AS new (digest, reference, cells)
ON CONFLICT (workspace, vendor, row_sha256) DO NOTHING;

-- name: newest_answers
-- The last answers, the newest first.
SELECT a.answered_at, s.errand_id, i.rule, s.vendor, s.origin, a.question_key, a.kind, a.number::float8 AS number,
       a.lowest::float8 AS lowest, a.highest::float8 AS highest, a.choice_text, a.comment
FROM feedback.answer AS a
JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id)
LEFT JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id)
WHERE a.workspace = %(workspace)s
ORDER BY a.answered_at DESC, a.session_id DESC, a.position
LIMIT %(limit)s;

-- name: unmatched_rows
-- The last rows that belong to no invitation, the newest first.
SELECT received_at, vendor, origin, reference, cells FROM feedback.unmatched_row
WHERE workspace = %(workspace)s
ORDER BY unmatched_id DESC
LIMIT %(limit)s;
