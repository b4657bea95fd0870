-- name: link
-- The invitation that a link belongs to, with the session of our pages if there is one. No row if there is no such
-- link. It locks nothing.
SELECT i.workspace, i.invitation_id, i.reference, i.errand_id, i.vendor, i.survey, i.state, i.contact, i.person_sha256,
       i.language AS rule_language, i.expires_at <= now() AS expired,
       EXISTS (
           SELECT FROM feedback.opt_out AS o
           WHERE (o.workspace, o.person_sha256) = (i.workspace, i.person_sha256) AND o.undone_at IS NULL
       ) AS opted_out,
       coalesce(s.rules_version, i.rule_version, (
           SELECT max(f.version) FROM feedback.rules_file AS f WHERE f.workspace = i.workspace
       )) AS rules_version,
       s.session_id, s.state AS session_state, s.verified, s.position, s.question, s.language AS session_language,
       extract(epoch FROM now() - coalesce(
           (SELECT max(a.answered_at) FROM feedback.answer AS a
            WHERE (a.workspace, a.session_id) = (s.workspace, s.session_id)), s.started_at
       ))::float8 AS quiet_s
FROM feedback.invitation AS i
LEFT JOIN feedback.session AS s
       ON (s.workspace, s.invitation_id) = (i.workspace, i.invitation_id) AND s.origin = 'page'
WHERE i.token_sha256 = %(digest)s;

-- name: chat
-- The session of an Alvaria dialog, and the version of the rules file that its page is of. One row; without a
-- session or a rules file its columns are null. It locks nothing.
SELECT coalesce(s.rules_version, (
           SELECT max(f.version) FROM feedback.rules_file AS f WHERE f.workspace = %(workspace)s
       )) AS rules_version,
       s.session_id, s.state AS session_state, s.verified, s.position, s.question, s.language AS session_language,
       extract(epoch FROM now() - coalesce(
           (SELECT max(a.answered_at) FROM feedback.answer AS a
            WHERE (a.workspace, a.session_id) = (s.workspace, s.session_id)), s.started_at
       ))::float8 AS quiet_s
FROM (SELECT) AS one
LEFT JOIN feedback.session AS s
       ON (s.workspace, s.vendor, s.remote_id) = (%(workspace)s, 'alvaria', %(remote_id)s);

-- name: open_session
-- Open the session of an invitation, or return the one that there is: two at the same time return the same.
INSERT INTO feedback.session AS s (
    workspace, invitation_id, errand_id, vendor, origin, state, verified, language, rules_version
)
SELECT i.workspace, i.invitation_id, i.errand_id, i.vendor, 'page', 'open', true, %(language)s, %(rules_version)s
FROM feedback.invitation AS i
WHERE (i.workspace, i.invitation_id) = (%(workspace)s, %(invitation_id)s)
ON CONFLICT (workspace, invitation_id) WHERE origin = 'page' DO UPDATE SET language = s.language
RETURNING session_id;

-- name: lock_new_chats
-- Wait until no other transaction counts the new chats of this workspace.
SELECT pg_advisory_xact_lock(hashtextextended('surveys/chats/' || %(workspace)s, 0));

-- name: open_chat
-- Open the session of an Alvaria dialog. No row if there is one already, or too many began in the last minute.
INSERT INTO feedback.session (
    workspace, vendor, remote_id, origin, state, verified, language, rules_version
)
SELECT %(workspace)s, 'alvaria', %(remote_id)s, 'page', 'open', false, %(language)s, %(rules_version)s
WHERE (
    SELECT count(*) FROM feedback.session
    WHERE workspace = %(workspace)s AND vendor = 'alvaria'
      -- Those of a clock that was put back since do not count.
      AND started_at > now() - interval '1 minute' AND started_at < now() + interval '1 minute'
) < %(per_minute)s
ON CONFLICT (workspace, vendor, remote_id) DO NOTHING
RETURNING session_id;

-- name: chat_session
-- The session of an Alvaria dialog; no row if there is none.
SELECT session_id FROM feedback.session
WHERE (workspace, vendor, remote_id) = (%(workspace)s, 'alvaria', %(remote_id)s);

-- name: add_answer
-- Add the answer to the question that is asked, and ask the next one. No row if that question is not asked any more:
-- its first answer stands. Two at the same time add one, and an end that is quicker stands too.
WITH asking AS (
    SELECT s.workspace, s.session_id, s.position FROM feedback.session AS s
    WHERE (s.workspace, s.session_id, s.position) = (%(workspace)s, %(session_id)s, %(position)s)
      AND s.state = 'open' AND (s.vendor <> 'centracx' OR s.question IS NOT NULL)
    FOR UPDATE
), added AS (
    INSERT INTO feedback.answer (
        workspace, session_id, position, question_key, question_text, kind, choice_id, choice_text, number, lowest,
        highest, comment
    )
    SELECT s.workspace, s.session_id, s.position, %(question_key)s, %(question_text)s, %(kind)s, %(choice_id)s,
           %(choice_text)s, %(number)s, %(lowest)s, %(highest)s, %(comment)s
    FROM asking AS s
    ON CONFLICT DO NOTHING
    RETURNING workspace, session_id, position
)
UPDATE feedback.session AS s
SET position = s.position + 1, question = NULL, language = %(language)s,
    state = CASE WHEN %(last)s THEN 'complete' ELSE 'open' END,
    completed_at = CASE WHEN %(last)s THEN now() END
FROM added AS a
WHERE (s.workspace, s.session_id, s.position) = (a.workspace, a.session_id, a.position)
RETURNING s.position;

-- name: given_answer
-- The answer to an earlier question; no row if there is none.
SELECT question_text, kind, choice_id, choice_text, number::float8 AS number, highest::float8 AS highest, comment
FROM feedback.answer
WHERE (workspace, session_id, position) = (%(workspace)s, %(session_id)s, %(position)s);

-- name: end_session
-- End a survey before its last question. No row if it had ended.
UPDATE feedback.session SET state = 'partial', question = NULL, completed_at = now()
WHERE (workspace, session_id) = (%(workspace)s, %(session_id)s) AND state = 'open'
RETURNING session_id;
