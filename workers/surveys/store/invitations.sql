-- name: any_due
-- Whether an invitation of a vendor is due.
SELECT EXISTS (
    SELECT FROM feedback.invitation
    WHERE workspace = %(workspace)s AND vendor = %(vendor)s AND state = 'due' AND due_at <= %(now)s
);

-- name: due_invitations
-- Invitations of a vendor that are due, the oldest first, locked; those that others hold are left out.
SELECT i.invitation_id, i.reference, i.errand_id, coalesce(e.display_id, i.errand_id::text) AS display_id,
       i.rule, i.rule_version, i.vendor, i.survey, i.channel, i.contact, i.contact_name, i.person_sha256,
       i.language, i.send_until, i.tries
FROM feedback.invitation AS i
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (i.workspace, i.errand_id)
WHERE i.workspace = %(workspace)s AND i.vendor = %(vendor)s AND i.state = 'due' AND i.due_at <= %(now)s
ORDER BY i.due_at, i.invitation_id
LIMIT %(limit)s
FOR UPDATE OF i SKIP LOCKED;

-- name: begin_sending
-- Record that a vendor is about to be asked, before it is; also the secret of the link, if there is one.
UPDATE feedback.invitation AS i
SET state = 'sending', sent_by = %(run)s, sent_at = %(now)s, tries = tries + 1, settled_at = NULL, settled_by = NULL,
    problem = NULL, token_sha256 = coalesce(new.digest, i.token_sha256)
FROM unnest(%(ids)s::bigint[], %(digests)s::bytea[]) AS new (invitation_id, digest)
WHERE (i.workspace, i.invitation_id) = (%(workspace)s, new.invitation_id) AND i.state = 'due';

-- name: postpone
-- Send an invitation that is due later.
UPDATE feedback.invitation SET due_at = %(due_at)s
WHERE (workspace, invitation_id) = (%(workspace)s, %(invitation_id)s) AND state = 'due';

-- name: take_back
-- Forget an invitation that no vendor was asked for, and its decision: the errand is decided anew.
WITH undecided AS (
    DELETE FROM feedback.decision WHERE (workspace, invitation_id) = (%(workspace)s, %(invitation_id)s)
)
DELETE FROM feedback.invitation
WHERE (workspace, invitation_id) = (%(workspace)s, %(invitation_id)s) AND state = 'due' AND tries = 0;

-- name: withdraw
-- Withdraw an invitation that is due, and give its decision the reason. No row if it is not due.
WITH withdrawn AS (
    UPDATE feedback.invitation
    SET state = 'withdrawn', settled_at = now(), settled_by = %(settled_by)s, problem = %(reason)s
    WHERE (workspace, invitation_id) = (%(workspace)s, %(invitation_id)s) AND state = 'due'
    RETURNING workspace, invitation_id
), decided AS (
    UPDATE feedback.decision AS d SET verdict = 'not', reason = %(reason)s, detail = NULL
    FROM withdrawn AS w WHERE (d.workspace, d.invitation_id) = (w.workspace, w.invitation_id)
)
SELECT invitation_id FROM withdrawn;

-- name: withdraw_overdue
-- Withdraw what can no longer be sent in time, with what it waited for as the reason.
WITH withdrawn AS (
    UPDATE feedback.invitation AS i
    SET state = 'withdrawn', settled_at = %(now)s, settled_by = 'check',
        problem = CASE
            WHEN EXISTS (SELECT FROM feedback.hold AS h WHERE h.workspace = i.workspace) THEN 'held'
            WHEN EXISTS (
                SELECT FROM feedback.vendor AS v
                WHERE v.workspace = i.workspace AND v.paused_until IS NOT NULL
                  AND (v.vendor = i.vendor OR v.vendor = 'mail' AND i.vendor IN ('centracx', 'own'))
            ) OR i.vendor <> ALL (%(vendors)s::text[]) THEN 'vendor_off'
            ELSE 'too_late'
        END
    WHERE i.workspace = %(workspace)s AND i.state = 'due' AND i.send_until < %(now)s
    RETURNING i.workspace, i.invitation_id, i.problem
), decided AS (
    UPDATE feedback.decision AS d SET verdict = 'not', reason = w.problem, detail = NULL
    FROM withdrawn AS w WHERE (d.workspace, d.invitation_id) = (w.workspace, w.invitation_id)
)
SELECT invitation_id FROM withdrawn;

-- name: settle
-- Record the outcomes of requests of this run.
UPDATE feedback.invitation AS i
SET state = s.state, vendor = s.vendor, survey = s.survey, due_at = coalesce(s.due_at, i.due_at),
    remote_id = s.remote_id, problem = s.problem,
    settled_at = CASE WHEN s.state IN ('triggered', 'refused') THEN %(now)s::timestamptz END,
    settled_by = CASE WHEN s.state IN ('triggered', 'refused') THEN 'vendor' END
FROM jsonb_to_recordset(%(settlements)s::jsonb) AS s (
    invitation_id bigint, state text, vendor text, survey jsonb, due_at timestamptz, remote_id text, problem text
)
WHERE (i.workspace, i.invitation_id, i.sent_by) = (%(workspace)s, s.invitation_id, %(run)s) AND i.state = 'sending';

-- name: senders
-- Runs with requests that are not settled.
SELECT DISTINCT sent_by FROM feedback.invitation WHERE state = 'sending';

-- name: mark_unknown
-- Mark the requests of a dead run as of unknown outcome.
UPDATE feedback.invitation
SET state = 'unknown', problem = 'the worker that asked the vendor has died'
WHERE sent_by = %(run)s AND state = 'sending';

-- name: invitation_list
-- Invitations, the newest first; of one state or of all.
SELECT workspace, invitation_id, reference, errand_id, rule, vendor, channel, state, due_at, sent_at, settled_at,
       settled_by, tries, remote_id, problem
FROM feedback.invitation
WHERE (workspace = %(workspace)s OR %(workspace)s::text IS NULL) AND (state = %(state)s OR %(state)s::text IS NULL)
ORDER BY coalesce(sent_at, due_at) DESC, invitation_id DESC
LIMIT %(limit)s;

-- name: count_by_state
-- How many invitations there are of each state, of those that were due in the last days or are due later.
SELECT state, count(*) FROM feedback.invitation
WHERE workspace = %(workspace)s AND due_at > now() - make_interval(days => %(days)s)
GROUP BY state
ORDER BY state;

-- name: unknown_invitations
-- Invitations of unknown outcome, the oldest first, with how long ago the vendor was asked.
SELECT workspace, invitation_id, reference, errand_id, vendor, contact, sent_at, problem,
       extract(epoch FROM now() - sent_at)::float8 AS age_s
FROM feedback.invitation
WHERE state = 'unknown' AND (workspace = %(workspace)s OR %(workspace)s::text IS NULL)
ORDER BY sent_at, invitation_id;

-- name: resolve_done
-- Record that the vendor has written to the person. No row if that was not unknown.
UPDATE feedback.invitation SET state = 'triggered', settled_at = now(), settled_by = 'operator'
WHERE (workspace, invitation_id) = (%(workspace)s, %(invitation_id)s) AND state = 'unknown'
RETURNING state;

-- name: resolve_missing
-- Record that the vendor has not written to the person: it is due again, or withdrawn if it is too late or
-- the person has another invitation, open or sent since then. No row if that was not unknown, or asked too recently.
WITH resolved AS (
    UPDATE feedback.invitation AS i
    SET state = CASE WHEN reason.word IS NULL THEN 'due' ELSE 'withdrawn' END, due_at = now(), problem = reason.word,
        settled_at = CASE WHEN reason.word IS NOT NULL THEN now() END,
        settled_by = CASE WHEN reason.word IS NOT NULL THEN 'operator' END
    FROM (
        SELECT o.workspace, o.invitation_id, CASE
            WHEN o.send_until < now() THEN 'too_late'
            WHEN EXISTS (
                SELECT FROM feedback.invitation AS other
                WHERE (other.workspace, other.person_sha256) = (o.workspace, o.person_sha256)
                  AND (other.state IN ('due', 'sending')
                       OR other.state IN ('triggered', 'unknown') AND other.sent_at > o.sent_at)
            ) THEN 'quiet'
        END AS word
        FROM feedback.invitation AS o
        WHERE (o.workspace, o.invitation_id) = (%(workspace)s, %(invitation_id)s)
    ) AS reason
    WHERE (i.workspace, i.invitation_id) = (reason.workspace, reason.invitation_id) AND i.state = 'unknown'
      AND i.sent_at <= now() - make_interval(secs => %(after_s)s)
    RETURNING i.workspace, i.invitation_id, i.state, i.problem
), decided AS (
    UPDATE feedback.decision AS d SET verdict = 'not', reason = r.problem, detail = NULL
    FROM resolved AS r
    WHERE (d.workspace, d.invitation_id) = (r.workspace, r.invitation_id) AND r.state = 'withdrawn'
)
SELECT state FROM resolved;

-- name: survey_status
-- How the surveys of each workspace stand: one row for every workspace that is configured or has rules.
-- Each count reads an index with no more rows than it counts.
SELECT w.workspace, waiting.due, waiting.oldest_due_s, asked.sending, asked.unknown,
       (SELECT count(*) FROM feedback.rule AS r
        WHERE r.workspace = w.workspace AND r.on_from IS NOT NULL AND r.off_at IS NULL) AS rules_on,
       (SELECT reason FROM feedback.hold AS h WHERE h.workspace = w.workspace) AS held,
       (SELECT max(decided_at) FROM feedback.decision AS d WHERE d.workspace = w.workspace) AS last_decided_at,
       (SELECT max(sent_at) FROM feedback.invitation AS i WHERE i.workspace = w.workspace) AS last_sent_at,
       (SELECT count(*) FROM feedback.session AS s
        WHERE s.workspace = w.workspace AND s.state = 'stuck') AS stuck,
       (SELECT coalesce(sum(c.number), 0)::bigint FROM intake.survey_count AS c
        WHERE c.workspace = w.workspace AND c.what = 'unmatched') AS unmatched,
       (SELECT extract(epoch FROM now() - u.received_at)::float8 FROM feedback.unmatched_row AS u
        WHERE u.workspace = w.workspace ORDER BY u.unmatched_id DESC LIMIT 1) AS newest_unmatched_s
FROM (SELECT workspace FROM cention.workspace UNION SELECT workspace FROM feedback.rule) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS due, extract(epoch FROM now() - min(i.due_at))::float8 AS oldest_due_s
    FROM feedback.invitation AS i
    WHERE i.workspace = w.workspace AND i.state = 'due' AND i.due_at <= now()
) AS waiting
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE i.state = 'sending') AS sending,
           count(*) FILTER (WHERE i.state = 'unknown') AS unknown
    FROM feedback.invitation AS i
    WHERE i.workspace = w.workspace AND i.state IN ('sending', 'unknown')
) AS asked
ORDER BY w.workspace;
