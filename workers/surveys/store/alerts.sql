-- name: record_bad_scores
-- Record each session with a score that is bad by the rule that invited. Answers of more than 30 days ago
-- raise no alert: a first import of old results would flood the agents. One row for each that is new.
INSERT INTO feedback.alert (workspace, session_id)
SELECT DISTINCT s.workspace, s.session_id
FROM feedback.answer AS a
JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id) AND s.verified
JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id)
JOIN feedback.rule AS r ON (r.workspace, r.name, r.version) = (i.workspace, i.rule, i.rule_version)
WHERE a.workspace = %(workspace)s AND a.answered_at > now() - interval '30 days'
  AND a.kind = r.document #>> '{alert,kind}' AND a.number <= (r.document #>> '{alert,at_most}')::numeric
ON CONFLICT (workspace, session_id) DO NOTHING
RETURNING session_id;

-- name: pending_alerts
-- Bad scores whose errand was not asked for, or surely not created; those tried most seldom first.
SELECT x.session_id, i.reference, r.document -> 'alert' AS alert, answer.score::float8 AS score, answer.comment,
       coalesce(e.display_id, i.errand_id::text) AS display_id, coalesce(area.name, '') AS area
FROM feedback.alert AS x
JOIN feedback.session AS s ON (s.workspace, s.session_id) = (x.workspace, x.session_id)
JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id)
JOIN feedback.rule AS r ON (r.workspace, r.name, r.version) = (i.workspace, i.rule, i.rule_version)
JOIN LATERAL (
    SELECT min(a.number) FILTER (WHERE a.kind = r.document #>> '{alert,kind}') AS score,
           coalesce(string_agg(a.comment, E'\n' ORDER BY a.position), '') AS comment
    FROM feedback.answer AS a
    WHERE (a.workspace, a.session_id) = (x.workspace, x.session_id)
) AS answer ON answer.score IS NOT NULL
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (i.workspace, i.errand_id)
LEFT JOIN cention.area AS area ON (area.workspace, area.area_id) = (i.workspace, i.area_id)
LEFT JOIN cention.sent_errand AS sent ON (sent.workspace, sent.sent_id) = (x.workspace, x.sent_id)
WHERE x.workspace = %(workspace)s AND (x.sent_id IS NULL OR sent.state = 'refused')
ORDER BY coalesce(sent.tries, 0), x.session_id
LIMIT %(limit)s;

-- name: record_alert_sent
-- Record that the errand of a bad score was asked for.
UPDATE feedback.alert SET sent_id = %(sent_id)s
WHERE (workspace, session_id) = (%(workspace)s, %(session_id)s);
