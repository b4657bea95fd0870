-- name: add_opt_outs
-- Record objections. One row for each person that did not object before.
INSERT INTO feedback.opt_out AS old (workspace, person_sha256, contact, source)
SELECT %(workspace)s, person, contact, %(source)s
FROM unnest(%(persons)s::bytea[], %(contacts)s::text[]) AS new (person, contact)
ORDER BY person
ON CONFLICT (workspace, person_sha256) DO UPDATE
SET since = now(), contact = EXCLUDED.contact, source = EXCLUDED.source, undone_at = NULL
WHERE old.undone_at IS NOT NULL
RETURNING person_sha256;

-- name: withdraw_invitations
-- Withdraw what is still to be sent to persons who object, and give the decisions that reason.
WITH withdrawn AS (
    UPDATE feedback.invitation
    SET state = 'withdrawn', settled_at = now(), settled_by = 'opt_out', problem = 'opted_out'
    WHERE workspace = %(workspace)s AND person_sha256 = ANY (%(persons)s::bytea[]) AND state = 'due'
    RETURNING workspace, invitation_id
)
UPDATE feedback.decision AS d SET verdict = 'not', reason = 'opted_out', detail = NULL
FROM withdrawn AS w WHERE (d.workspace, d.invitation_id) = (w.workspace, w.invitation_id);

-- name: remove_opt_out
-- Record that a person may be invited again. No row if there was no objection.
UPDATE feedback.opt_out SET undone_at = now()
WHERE (workspace, person_sha256) = (%(workspace)s, %(person)s) AND undone_at IS NULL
RETURNING person_sha256;

-- name: standing_opt_outs
-- Objections that stand, the newest first; all if no limit is given.
SELECT workspace, contact, since, source FROM feedback.opt_out
WHERE workspace = %(workspace)s AND undone_at IS NULL
ORDER BY since DESC, person_sha256
LIMIT %(limit)s;

-- name: count_opt_outs
-- How many objections stand.
SELECT count(*) FROM feedback.opt_out WHERE workspace = %(workspace)s AND undone_at IS NULL;

-- name: opted_out_among
-- Those of some persons who object.
SELECT person_sha256 FROM feedback.opt_out
WHERE workspace = %(workspace)s AND person_sha256 = ANY (%(persons)s::bytea[]) AND undone_at IS NULL;
