-- name: wait_for_deciders
-- Wait until nobody decides about errands of this workspace, until the transaction ends: the lock is theirs.
SELECT pg_advisory_xact_lock(hashtextextended('surveys/decide/' || %(workspace)s || '/0', 0));

-- name: invitation_of_errand
-- The invitation about an errand; no row if there is none.
SELECT reference, rule, vendor, state, expires_at <= now() AS expired FROM feedback.invitation
WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s);

-- name: save_handed_link
-- Record an invitation whose link an operator hands over, and the decision that it is.
WITH invited AS (
    INSERT INTO feedback.invitation (
        workspace, reference, errand_id, thread_id, rule_version, vendor, survey, channel, contact, contact_name,
        person_sha256, area_id, agent_id, service_id, organisation_id, answered_by, tag_ids, event_at, due_at,
        send_until, state, sent_at, settled_at, settled_by, expires_at, token_sha256
    )
    VALUES (
        %(workspace)s, %(reference)s, %(errand_id)s, %(thread_id)s, %(rule_version)s, %(vendor)s,
        %(survey)s::jsonb, %(channel)s, %(contact)s, %(contact_name)s, %(person)s, %(area_id)s, %(agent_id)s,
        %(service_id)s, %(organisation_id)s, %(answered_by)s, %(tag_ids)s, coalesce(%(event_at)s, now()), now(),
        now(), 'triggered', now(), now(), 'link', now() + %(expires_after)s, %(digest)s
    )
    RETURNING invitation_id, event_at
)
INSERT INTO feedback.decision (
    workspace, errand_id, decided_at, event, event_at, verdict, detail, invitation_id
)
-- As old as the last one: the deciders take its time for that of their last run.
SELECT %(workspace)s, %(errand_id)s,
       coalesce((SELECT max(decided_at) FROM feedback.decision WHERE workspace = %(workspace)s), now()),
       'answered', event_at, 'invite', 'link handed over by an operator', invitation_id
FROM invited
ON CONFLICT (workspace, errand_id) DO UPDATE
SET rule = NULL, rule_version = NULL, verdict = 'invite', reason = NULL, detail = EXCLUDED.detail,
    invitation_id = EXCLUDED.invitation_id;

-- name: save_token
-- Record the secret of a link that is shown.
UPDATE feedback.invitation SET token_sha256 = %(digest)s
WHERE (workspace, reference) = (%(workspace)s, %(reference)s);
