-- name: save_decisions
-- Save decisions, and an invitation that is due for each that invites.
WITH new AS (
    SELECT d.*, i.*
    FROM jsonb_to_recordset(%(decisions)s::jsonb) AS d (
        errand_id bigint, event text, event_at timestamptz, rule text, rule_version integer, reason text,
        detail text, invitation jsonb
    )
    LEFT JOIN LATERAL jsonb_to_record(d.invitation) AS i (
        reference text, thread_id bigint, vendor text, survey jsonb, channel text, contact text,
        contact_name text, person text, language text, area_id bigint, agent_id bigint, service_id bigint,
        organisation_id bigint, answered_by text, tag_ids bigint[], due_at timestamptz, send_until timestamptz,
        expires_at timestamptz
    ) ON true
), invited AS (
    INSERT INTO feedback.invitation (
        workspace, reference, errand_id, thread_id, rule, rule_version, vendor, survey, channel, contact,
        contact_name, person_sha256, language, area_id, agent_id, service_id, organisation_id, answered_by,
        tag_ids, event_at, due_at, send_until, expires_at
    )
    SELECT %(workspace)s, reference, errand_id, thread_id, rule, rule_version, vendor, survey, channel, contact,
           contact_name, decode(person, 'hex'), language, area_id, agent_id, service_id, organisation_id,
           answered_by, tag_ids, event_at, due_at, send_until, expires_at
    FROM new WHERE invitation IS NOT NULL
    ORDER BY due_at, errand_id
    RETURNING errand_id, invitation_id
)
INSERT INTO feedback.decision (
    workspace, errand_id, decided_at, event, event_at, rule, rule_version, verdict, reason, detail, invitation_id
)
SELECT %(workspace)s, errand_id, %(decided_at)s, event, event_at, rule, rule_version,
       CASE WHEN invitation IS NULL THEN 'not' ELSE 'invite' END, reason, detail, invitation_id
FROM new LEFT JOIN invited USING (errand_id)
ORDER BY errand_id;

-- name: last_decided
-- When an errand of this workspace was last decided; null if none was.
SELECT max(decided_at) FROM feedback.decision WHERE workspace = %(workspace)s;

-- name: decision
-- The decision about an errand, and how its invitation stands; no row if there is none.
SELECT d.errand_id, d.decided_at, d.event, d.event_at, d.rule, d.rule_version, d.verdict, d.reason, d.detail,
       d.invitation_id, i.state, i.due_at, i.vendor
FROM feedback.decision AS d
LEFT JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (d.workspace, d.invitation_id)
WHERE (d.workspace, d.errand_id) = (%(workspace)s, %(errand_id)s);

-- name: reasons_since
-- Why nobody was invited, in the last days, with how often.
SELECT reason, count(*) FROM feedback.decision
WHERE workspace = %(workspace)s AND verdict = 'not' AND decided_at > now() - make_interval(days => %(days)s)
GROUP BY reason
ORDER BY count(*) DESC, reason;

-- name: now
-- The time by the clock of the database.
SELECT now();
