-- name: undecided
-- Errands that were answered until a moment, or closed if that is asked for, without a decision. Those of which
-- nothing says that it happened since a moment are left out here: a backfill may bring a million of them.
SELECT e.errand_id FROM cention.errand AS e
WHERE e.workspace = %(workspace)s AND e.fetched_at >= %(fetched_from)s
  AND (
      e.answered AND least(e.answered_at, e.fetched_at) <= %(answered_until)s
      AND (
          coalesce(e.answered_at >= %(since)s, true)
          OR EXISTS (
              SELECT FROM cention.answer AS a
              WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id) AND a.received_at >= %(since)s
          )
      )
      OR e.closed AND %(closed)s
      AND (
          coalesce(e.answered_at >= %(since)s, true) OR e.done_at >= %(since)s
          OR EXISTS (
              SELECT FROM cention.errand_action AS a
              WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id) AND a.happened_at >= %(since)s
          )
      )
  )
  AND NOT EXISTS (
      SELECT FROM feedback.decision AS d WHERE (d.workspace, d.errand_id) = (e.workspace, e.errand_id)
  );

-- name: answered_or_closed
-- Errands that were answered or closed.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND fetched_at >= %(fetched_from)s AND (answered OR closed);

-- name: errand_facts
-- What the judge needs to know of some errands. Dates of reports have no zone and may be plans: nothing
-- has happened later than the report that says so. An errand from the sender of alerts is ours, also if
-- its creation was of unknown outcome. Callbacks know the moment of an answer exactly.
SELECT e.errand_id,
       CASE WHEN e.answered THEN coalesce(answer.received_at, least(e.answered_at, e.fetched_at)) END AS answered_at,
       CASE WHEN e.closed THEN
           CASE WHEN e.done_at <= e.fetched_at THEN e.done_at
                ELSE least(coalesce(action.happened_at, e.answered_at), e.fetched_at)
           END
       END AS closed_at,
       e.closed IS NOT TRUE AND coalesce(
           action.happened_at >= least(e.answered_at, answer.received_at) + interval '1 minute', false
       ) AS reopened,
       coalesce(e.deleted, false) AS deleted,
       e.gone_at IS NOT NULL AS gone,
       EXISTS (
           SELECT FROM intake.erased AS x
           WHERE (x.workspace, x.family, x.remote_id) = (e.workspace, 'errand_reports', e.errand_id)
       ) AS erased,
       EXISTS (
           SELECT FROM cention.sent_errand AS s WHERE (s.workspace, s.errand_id) = (e.workspace, e.errand_id)
       ) OR EXISTS (
           SELECT FROM feedback.rule AS r
           WHERE r.workspace = e.workspace AND lower(r.document #>> '{alert,from}') = lower(e.from_address)
       ) AS made_by_us,
       coalesce(e.feedback_link, e.feedback_question_text, e.feedback_question_html, '') <> ''
           OR e.feedback_value IS NOT NULL AS cention_asked,
       e.from_address AS contact,
       e.from_name AS contact_name,
       e.thread_id,
       e.area_id, area.name AS area,
       e.service_id, service.name AS channel,
       e.organisation_id, organisation.name AS organisation,
       e.agent_id, agent.name AS agent,
       answering.origin AS answered_by,
       e.status_code,
       tag.ids AS tag_ids, tag.names AS tags
FROM unnest(%(errand_ids)s::bigint[]) AS wanted (errand_id)
JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (%(workspace)s, wanted.errand_id)
LEFT JOIN cention.area AS area ON (area.workspace, area.area_id) = (e.workspace, e.area_id)
LEFT JOIN cention.service AS service ON (service.workspace, service.service_id) = (e.workspace, e.service_id)
LEFT JOIN cention.organisation AS organisation
    ON (organisation.workspace, organisation.organisation_id) = (e.workspace, e.organisation_id)
LEFT JOIN cention.agent AS agent ON (agent.workspace, agent.agent_id) = (e.workspace, e.agent_id)
LEFT JOIN LATERAL (
    SELECT max(a.received_at) AS received_at FROM cention.answer AS a
    WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
) AS answer ON true
LEFT JOIN LATERAL (
    SELECT max(a.happened_at) AS happened_at FROM cention.errand_action AS a
    WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
) AS action ON true
LEFT JOIN LATERAL (
    SELECT a.origin FROM cention.errand_action AS a
    WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id) AND a.origin <> ''
      AND a.happened_at < coalesce(answer.received_at, e.answered_at + interval '1 minute', 'infinity')
    ORDER BY a.happened_at DESC, a.action_id DESC
    LIMIT 1
) AS answering ON true
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(t.tag_id ORDER BY t.tag_id), '{}') AS ids,
           coalesce(array_agg(coalesce(n.name, '') ORDER BY t.tag_id), '{}') AS names
    FROM cention.errand_tag AS t
    LEFT JOIN cention.tag AS n ON (n.workspace, n.tag_id) = (t.workspace, t.tag_id)
    WHERE (t.workspace, t.errand_id) = (e.workspace, e.errand_id)
) AS tag
ORDER BY e.errand_id;
