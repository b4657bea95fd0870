-- name: invited_persons
-- When some persons were last invited by each rule, and whether an invitation is still to be sent.
-- Those of unknown outcome count: the person may have been asked.
SELECT i.person_sha256, i.rule, max(greatest(i.due_at, i.sent_at)), bool_or(i.state IN ('due', 'sending'))
FROM unnest(%(persons)s::bytea[]) AS wanted (person)
JOIN feedback.invitation AS i ON (i.workspace, i.person_sha256) = (%(workspace)s, wanted.person)
WHERE i.state IN ('due', 'sending', 'triggered', 'unknown')
  AND (i.due_at < %(before)s OR %(before)s::timestamptz IS NULL)
  AND i.errand_id IS DISTINCT FROM %(but_errand)s::bigint
GROUP BY i.person_sha256, i.rule;

-- name: invited_threads
-- Those of some threads with an invitation.
SELECT DISTINCT i.thread_id
FROM unnest(%(threads)s::bigint[]) AS wanted (thread_id)
JOIN feedback.invitation AS i ON (i.workspace, i.thread_id) = (%(workspace)s, wanted.thread_id)
WHERE i.state IN ('due', 'sending', 'triggered', 'unknown')
  AND (i.due_at < %(before)s OR %(before)s::timestamptz IS NULL)
  AND i.errand_id IS DISTINCT FROM %(but_errand)s::bigint;

-- name: invited_per_day
-- How many each rule invited on each day, for the errands of each agent.
SELECT i.rule, (greatest(i.due_at, i.sent_at) AT TIME ZONE %(timezone)s)::date AS day, i.agent_id, count(*)
FROM feedback.invitation AS i
WHERE i.workspace = %(workspace)s AND i.state IN ('due', 'sending', 'triggered', 'unknown')
  AND i.due_at >= date_trunc('day', %(days_from)s::timestamptz, %(timezone)s)
  AND (i.due_at < %(before)s OR %(before)s::timestamptz IS NULL)
  AND i.errand_id IS DISTINCT FROM %(but_errand)s::bigint
GROUP BY 1, 2, 3;

-- name: answers_of_persons
-- When some persons answered a survey.
SELECT i.person_sha256, max(a.answered_at)
FROM unnest(%(persons)s::bytea[]) AS wanted (person)
JOIN feedback.invitation AS i ON (i.workspace, i.person_sha256) = (%(workspace)s, wanted.person)
JOIN feedback.session AS s ON (s.workspace, s.invitation_id) = (i.workspace, i.invitation_id)
JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
GROUP BY i.person_sha256, s.session_id;
