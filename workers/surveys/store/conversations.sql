-- name: claim_conversations
-- Claim sessions of our pages that wait for their vendor, the oldest first, and say so before it is asked: those
-- that others hold are left out. The answers are shown as they were before that.
WITH chosen AS (
    SELECT s.workspace, s.session_id FROM feedback.session AS s
    WHERE s.workspace = %(workspace)s AND s.origin = 'page' AND s.vendor = %(vendor)s AND s.sent_by IS NULL
      AND (s.not_before IS NULL OR s.not_before <= now()) AND (
          (s.vendor = 'centracx' AND s.state = 'open' AND s.question IS NULL)
          OR (s.vendor = 'alvaria' AND s.state = 'open' AND NOT s.verified AND s.context IS NULL)
          OR (s.vendor = 'alvaria' AND s.state IN ('complete', 'partial') AND s.outcome_state = 'no')
      )
    ORDER BY s.session_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE feedback.session AS s
    SET sent_by = %(run)s, outcome_state = CASE
        WHEN s.vendor = 'alvaria' AND s.state <> 'open' AND (s.verified OR s.context IS NOT NULL) THEN 'sending'
        ELSE s.outcome_state
    END
    FROM chosen AS c WHERE (s.workspace, s.session_id) = (c.workspace, c.session_id)
    RETURNING s.*
), forwarding AS (
    UPDATE feedback.answer AS a SET forwarded = 'sending' FROM claimed AS c
    WHERE (a.workspace, a.session_id, a.position) = (c.workspace, c.session_id, c.position - 1)
      AND c.vendor = 'centracx' AND c.remote_id IS NOT NULL AND a.forwarded = 'no'
)
SELECT c.session_id, c.vendor, c.state, c.remote_id, c.rules_version, c.asked, c.tries, c.verified,
       c.context IS NOT NULL AS has_context, i.survey,
       extract(epoch FROM now() - greatest(c.started_at, given.last_at))::float8 AS waited_s,
       coalesce(given.answers, '[]') AS answers
FROM claimed AS c
LEFT JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (c.workspace, c.invitation_id)
LEFT JOIN LATERAL (
    SELECT max(a.answered_at) AS last_at, jsonb_agg(
        jsonb_build_object(
            'position', a.position, 'question_key', a.question_key, 'kind', a.kind, 'choice_id', a.choice_id,
            'choice_text', a.choice_text, 'number', a.number, 'comment', a.comment, 'forwarded', a.forwarded
        ) ORDER BY a.position
    ) AS answers
    FROM feedback.answer AS a WHERE (a.workspace, a.session_id) = (c.workspace, c.session_id)
) AS given ON true
ORDER BY c.session_id;

-- name: settle_conversation
-- Record what the vendor answered to this run. What is null stays as it was.
UPDATE feedback.session
SET sent_by = NULL,
    not_before = now() + make_interval(secs => %(wait_s)s),
    state = coalesce(%(state)s, state),
    completed_at = CASE WHEN %(state)s = 'complete' THEN now() ELSE completed_at END,
    remote_id = coalesce(%(remote_id)s, remote_id),
    question = %(question)s::jsonb,
    asked = coalesce(%(asked)s::jsonb, asked),
    tries = tries + %(starts)s,
    context = coalesce(%(context)s::jsonb, context),
    errand_id = coalesce(%(errand_id)s, errand_id),
    language = coalesce(%(language)s, language),
    verified = verified OR %(verified)s,
    outcome_state = coalesce(%(outcome_state)s, outcome_state),
    problem = %(problem)s
WHERE (workspace, session_id, sent_by) = (%(workspace)s, %(session_id)s, %(run)s);

-- name: settle_forwarded
-- Record whether the vendor took answers of a session that this run holds.
UPDATE feedback.answer AS a SET forwarded = %(forwarded)s
FROM feedback.session AS s
WHERE (s.workspace, s.session_id, s.sent_by) = (%(workspace)s, %(session_id)s, %(run)s)
  AND (a.workspace, a.session_id) = (s.workspace, s.session_id) AND a.position = ANY (%(positions)s::integer[]);

-- name: conversing
-- Runs that hold sessions.
SELECT DISTINCT sent_by FROM feedback.session WHERE sent_by IS NOT NULL;

-- name: release_abandoned
-- Release the sessions of a dead run; what it was handing over is of unknown outcome. A session that it may have begun
-- at CentraCX, for want of one or to replay an answer that was lost before, counts as begun.
WITH released AS (
    UPDATE feedback.session AS s
    SET sent_by = NULL, outcome_state = CASE WHEN outcome_state = 'sending' THEN 'unknown' ELSE outcome_state END,
        tries = tries + (vendor = 'centracx' AND (remote_id IS NULL OR EXISTS (
            SELECT FROM feedback.answer AS a
            WHERE (a.workspace, a.session_id, a.position, a.forwarded)
                = (s.workspace, s.session_id, s.position - 1, 'unknown')
        )))::integer,
        problem = 'the worker that asked the vendor has died'
    WHERE sent_by = %(run)s
    RETURNING workspace, session_id
)
UPDATE feedback.answer AS a SET forwarded = 'unknown'
FROM released AS r WHERE (a.workspace, a.session_id) = (r.workspace, r.session_id) AND a.forwarded = 'sending';

-- name: give_up
-- Wait no longer for a vendor that was asked in vain for so long, or cannot be asked: a survey of CentraCX is stuck, for
-- its customer waits; a chat of Alvaria has surely ended, and gets no answers. The answers stay. One row for each.
UPDATE feedback.session AS s
SET not_before = NULL,
    state = CASE WHEN s.vendor = 'centracx' THEN 'stuck' ELSE s.state END,
    context = CASE WHEN s.vendor = 'alvaria' AND s.state = 'open' THEN '{}' ELSE s.context END,
    outcome_state = CASE WHEN s.vendor = 'alvaria' AND s.state <> 'open' THEN 'refused' ELSE s.outcome_state END,
    problem = CASE
        WHEN s.vendor = 'centracx' THEN
            'the customer waited too long: ' || coalesce(s.problem, 'CentraCX could not be asked')
        ELSE 'the chat has ended: ' || coalesce(s.problem, 'Alvaria could not be asked')
    END
WHERE s.workspace = %(workspace)s AND s.origin = 'page' AND s.vendor = %(vendor)s AND s.sent_by IS NULL
  AND (
      (s.vendor = 'centracx' AND s.state = 'open' AND s.question IS NULL)
      OR (s.vendor = 'alvaria' AND s.state = 'open' AND NOT s.verified AND s.context IS NULL)
      OR (s.vendor = 'alvaria' AND s.state IN ('complete', 'partial') AND s.outcome_state = 'no')
  )
  AND now() - make_interval(secs => %(within_s)s) > CASE
      WHEN s.vendor = 'centracx' THEN greatest(s.started_at, (
          SELECT max(a.answered_at) FROM feedback.answer AS a
          WHERE (a.workspace, a.session_id) = (s.workspace, s.session_id)
      ))
      WHEN s.state = 'open' THEN s.started_at
      ELSE s.completed_at
  END
  AND (s.not_before IS NOT NULL OR NOT %(has_account)s OR EXISTS (
      SELECT FROM feedback.vendor AS v
      WHERE (v.workspace, v.vendor) = (s.workspace, s.vendor)
        AND (v.paused_until IS NOT NULL OR v.not_before > now())
  ))
RETURNING s.session_id;

-- name: end_left
-- End surveys on our pages that their customers left before the last question, in every workspace, once their link has
-- expired, or a day after their chat. The answers stay; a chat gets none of them. One row for each.
UPDATE feedback.session AS s
SET state = 'partial', question = NULL, not_before = NULL,
    outcome_state = CASE WHEN s.vendor = 'alvaria' THEN 'refused' ELSE s.outcome_state END,
    problem = CASE WHEN s.vendor = 'alvaria' THEN 'the customer left the survey' ELSE s.problem END
WHERE s.origin = 'page' AND s.state = 'open' AND s.sent_by IS NULL AND (
    (s.vendor = 'alvaria' AND s.started_at < now() - interval '1 day')
    OR EXISTS (
        SELECT FROM feedback.invitation AS i
        WHERE (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id) AND i.expires_at <= now()
    )
)
RETURNING s.session_id;

-- name: any_waiting
-- Whether a session waits for its vendor now.
SELECT EXISTS (
    SELECT FROM feedback.session AS s
    WHERE s.workspace = %(workspace)s AND s.origin = 'page' AND s.vendor = %(vendor)s AND s.sent_by IS NULL
      AND (s.not_before IS NULL OR s.not_before <= now()) AND (
          (s.vendor = 'centracx' AND s.state = 'open' AND s.question IS NULL)
          OR (s.vendor = 'alvaria' AND s.state = 'open' AND NOT s.verified AND s.context IS NULL)
          OR (s.vendor = 'alvaria' AND s.state IN ('complete', 'partial') AND s.outcome_state = 'no')
      )
);

-- name: conversation_figures
-- How the surveys stand that a vendor conducts through our pages, for each vendor that has any.
SELECT w.workspace, w.vendor, sum(w.waiting)::bigint AS waiting, max(w.waiting_s) AS longest_wait_s,
       sum(w.stuck)::bigint AS stuck, sum(w.unknown)::bigint AS unknown
FROM (
    SELECT s.workspace, s.vendor, 1 AS waiting, 0 AS stuck, 0 AS unknown, extract(epoch FROM now() - greatest(
        s.started_at, s.completed_at, (
            SELECT max(a.answered_at) FROM feedback.answer AS a
            WHERE (a.workspace, a.session_id) = (s.workspace, s.session_id)
        )
    ))::float8 AS waiting_s
    FROM feedback.session AS s
    WHERE s.origin = 'page' AND (
        (s.vendor = 'centracx' AND s.state = 'open' AND s.question IS NULL)
        OR (s.vendor = 'alvaria' AND s.state = 'open' AND NOT s.verified)
        OR (s.vendor = 'alvaria' AND s.state IN ('complete', 'partial') AND s.outcome_state IN ('no', 'sending'))
    ) AND NOT (s.vendor = 'alvaria' AND s.state = 'open' AND s.context IS NOT NULL)
    UNION ALL
    SELECT workspace, vendor, 0, 1, 0, NULL FROM feedback.session WHERE state = 'stuck'
    UNION ALL
    SELECT workspace, vendor, 0, 0, 1, NULL FROM feedback.session WHERE outcome_state = 'unknown'
) AS w
GROUP BY w.workspace, w.vendor
ORDER BY w.workspace, w.vendor;

-- name: conversation_problems
-- The last surveys that cannot go on, or whose answers may not have reached their vendor; the newest first.
SELECT workspace, session_id, errand_id, vendor, state, outcome_state, started_at, problem FROM feedback.session
WHERE (state = 'stuck' OR outcome_state = 'unknown') AND (workspace = %(workspace)s OR %(workspace)s::text IS NULL)
ORDER BY started_at DESC, session_id DESC
LIMIT %(limit)s;
