-- name: errand
-- One errand with the names of what it belongs to; its tags by name.
SELECT e.errand_id, e.display_id, e.thread_id, e.subject, e.from_name, e.from_address, e.to_text, e.arrived_at,
       e.answered_at, e.done_at, e.gone_at, e.fetched_at, e.within_sla, e.response_time_s, e.handling_time_s,
       e.priority,
       CASE WHEN e.gone_at IS NOT NULL THEN 'gone' WHEN e.deleted THEN 'deleted' WHEN e.closed THEN 'closed'
            WHEN e.answered THEN 'answered' ELSE 'open' END AS state,
       area.name AS area, agent.name AS agent, service.name AS service, organisation.name AS organisation,
       coalesce((SELECT array_agg(tag.name ORDER BY lower(tag.name), tag.tag_id)
                 FROM cention.errand_tag AS t JOIN cention.tag USING (workspace, tag_id)
                 WHERE (t.workspace, t.errand_id) = (e.workspace, e.errand_id)), '{}') AS tags,
       coalesce(e.body_html <> '', false) AS has_body, e.answer_body
FROM cention.errand AS e
LEFT JOIN cention.area AS area ON (area.workspace, area.area_id) = (e.workspace, e.area_id)
LEFT JOIN cention.agent AS agent ON (agent.workspace, agent.agent_id) = (e.workspace, e.agent_id)
LEFT JOIN cention.service AS service ON (service.workspace, service.service_id) = (e.workspace, e.service_id)
LEFT JOIN cention.organisation AS organisation
    ON (organisation.workspace, organisation.organisation_id) = (e.workspace, e.organisation_id)
WHERE (e.workspace, e.errand_id) = (%(workspace)s, %(errand_id)s);

-- name: events
-- What happened to one errand, in order: its actions, the answers that callbacks brought, its versions, its
-- invitation to a survey and what was answered. The newest 500.
SELECT happened_at, kind, detail, person FROM (
    SELECT a.happened_at, 'action' AS kind, a.note AS detail, a.origin AS person
    FROM cention.errand_action AS a WHERE (a.workspace, a.errand_id) = (%(workspace)s, %(errand_id)s)
    UNION ALL
    SELECT received_at, 'answer', subject, NULL
    FROM cention.answer WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s)
    UNION ALL
    SELECT valid_from, 'version', state, NULL
    FROM cention.errand_version WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s)
    UNION ALL
    SELECT coalesce(sent_at, due_at), 'invitation', state, vendor
    FROM feedback.invitation WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s)
) AS happened
ORDER BY happened_at DESC NULLS LAST, kind, detail
LIMIT 500;

-- name: answers
-- The answers to one errand that callbacks brought, oldest first.
SELECT answer_id, response_id, subject, body_text, coalesce(body_html <> '', false) AS has_html, received_at
FROM cention.answer WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s)
ORDER BY received_at, answer_id, response_id;

-- name: files
-- The files of the answers to one errand.
SELECT DISTINCT f.kind, f.attachment_id, f.name, f.content_type, f.size_bytes, f.state
FROM cention.answer AS a
JOIN cention.answer_attachment AS l ON (l.workspace, l.answer_id) = (a.workspace, a.answer_id)
JOIN cention.attachment AS f ON (f.workspace, f.kind, f.attachment_id) = (l.workspace, l.kind, l.attachment_id)
WHERE (a.workspace, a.errand_id) = (%(workspace)s, %(errand_id)s)
ORDER BY f.kind, f.attachment_id;

-- name: file
-- The content of one file, if it belongs to an answer to this errand and is stored.
SELECT f.name, f.content_type, b.content
FROM cention.attachment AS f
JOIN cention.blob AS b ON b.sha256 = f.sha256
WHERE (f.workspace, f.kind, f.attachment_id) = (%(workspace)s, %(kind)s, %(attachment_id)s) AND f.state = 'stored'
  AND EXISTS (
      SELECT FROM cention.answer AS a
      JOIN cention.answer_attachment AS l ON (l.workspace, l.answer_id) = (a.workspace, a.answer_id)
      WHERE (a.workspace, a.errand_id) = (%(workspace)s, %(errand_id)s)
        AND (l.workspace, l.kind, l.attachment_id) = (f.workspace, f.kind, f.attachment_id));

-- name: body
-- The HTML of one errand.
SELECT body_html FROM cention.errand WHERE (workspace, errand_id) = (%(workspace)s, %(errand_id)s);

-- name: answer_body
-- The HTML of one answer to an errand.
SELECT body_html FROM cention.answer
WHERE (workspace, errand_id, answer_id, response_id)
    = (%(workspace)s, %(errand_id)s, %(answer_id)s, %(response_id)s);

-- name: awaited
-- Whether the report of one errand is on the list of wanted records, and how that stands.
SELECT wanted_at, due_at, claimed_until > now() AS claimed, parked_at, last_error
FROM intake.wanted WHERE (workspace, family, remote_id) = (%(workspace)s, %(family)s, %(errand_id)s);
