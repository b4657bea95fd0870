-- One row per errand with all names joined: the view for most questions.
DROP VIEW IF EXISTS analyst.errand_overview;

-- What an errand has several of is aggregated by index, errand by errand. Aggregates without GROUP BY let the
-- planner leave out those whose columns are not selected.
CREATE VIEW analyst.errand_overview AS
SELECT e.workspace,
       e.errand_id,
       e.display_id,
       CASE WHEN e.gone_at IS NOT NULL THEN 'gone'
            WHEN e.deleted THEN 'deleted'
            WHEN e.closed THEN 'closed'
            WHEN e.answered THEN 'answered'
            ELSE 'open'
       END AS state,
       e.status_title,
       e.status_code,
       e.service_id,
       service.name AS service_name,
       e.organisation_id,
       organisation.name AS organisation_name,
       e.area_id,
       area.name AS area_name,
       e.agent_id,
       agent.name AS agent_name,
       e.priority,
       e.thread_id,
       e.group_id,
       e.from_address,
       e.from_name,
       recipient.addresses AS recipients,
       recipient.copies AS copy_recipients,
       e.subject,
       tag.names AS tags,
       array_to_string(tag.names, ', ') AS tags_text,
       e.attachment_count,
       (e.arrived_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date AS arrived_on,
       e.arrived_at,
       e.answered_at,
       e.done_at,
       (extract(epoch FROM e.answered_at - e.arrived_at) / 60)::bigint AS arrival_to_answer_min,
       (extract(epoch FROM e.done_at - e.arrived_at) / 60)::bigint AS arrival_to_done_min,
       round(e.handling_time_s / 60.0, 2) AS handling_time_min,
       round(e.response_time_s / 60.0, 2) AS response_time_min,
       e.within_sla,
       e.sla_expiry,
       e.sla_done_due,
       e.sla_pending,
       e.sla_fetched_at,
       e.feedback_value,
       e.feedback_answer,
       e.feedback_question_text,
       CASE WHEN survey.answers > 0 THEN 'answered'
            WHEN decision.verdict = 'not' THEN 'not invited'
            ELSE invitation.state
       END AS survey_state,
       survey.score AS survey_score,
       decision.reason AS survey_reason,
       e.answer_subject,
       e.answer_body,
       answer.count AS answer_count,
       answer_file.count AS answer_attachment_count,
       answer.latest_at AS latest_answer_at,
       answer.latest_subject AS latest_answer_subject,
       answer.latest_text AS latest_answer_text,
       action.count AS action_count,
       action.first_at AS first_action_at,
       action.last_at AS last_action_at,
       e.answered,
       e.closed,
       e.deleted,
       e.gone_at,
       e.fetched_at
FROM cention.errand AS e
LEFT JOIN cention.workspace AS w ON w.workspace = e.workspace
LEFT JOIN cention.service ON (service.workspace, service.service_id) = (e.workspace, e.service_id)
LEFT JOIN cention.organisation
    ON (organisation.workspace, organisation.organisation_id) = (e.workspace, e.organisation_id)
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (e.workspace, e.area_id)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (e.workspace, e.agent_id)
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(t.name ORDER BY t.name), '{}') AS names
    FROM (
        SELECT coalesce(
                   (SELECT known.name FROM cention.tag AS known
                    WHERE (known.workspace, known.tag_id) = (et.workspace, et.tag_id)),
                   et.tag_id::text
               ) AS name
        FROM cention.errand_tag AS et
        WHERE (et.workspace, et.errand_id) = (e.workspace, e.errand_id)
    ) AS t
) AS tag ON true
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(r.address ORDER BY r.position) FILTER (WHERE r.kind = 'to'), '{}') AS addresses,
           coalesce(array_agg(r.address ORDER BY r.position) FILTER (WHERE r.kind = 'copy'), '{}') AS copies
    FROM cention.errand_recipient AS r
    WHERE (r.workspace, r.errand_id) = (e.workspace, e.errand_id)
) AS recipient ON true
LEFT JOIN LATERAL (
    SELECT count(DISTINCT a.answer_id) AS count,
           max(a.received_at) AS latest_at,
           (array_agg(a.subject ORDER BY a.received_at DESC, a.answer_id DESC, a.response_id DESC))[1]
               AS latest_subject,
           (array_agg(a.body_text ORDER BY a.received_at DESC, a.answer_id DESC, a.response_id DESC))[1]
               AS latest_text
    FROM cention.answer AS a
    WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
) AS answer ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS count
    FROM cention.answer_attachment AS f
    WHERE f.workspace = e.workspace AND f.kind = 'response'
      AND f.answer_id IN (
          SELECT a.answer_id FROM cention.answer AS a
          WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
      )
) AS answer_file ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS count, min(a.happened_at) AS first_at, max(a.happened_at) AS last_at
    FROM cention.errand_action AS a
    WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
) AS action ON true
LEFT JOIN feedback.decision ON (decision.workspace, decision.errand_id) = (e.workspace, e.errand_id)
LEFT JOIN feedback.invitation ON (invitation.workspace, invitation.errand_id) = (e.workspace, e.errand_id)
LEFT JOIN LATERAL (
    SELECT count(*) AS answers,
           (array_agg(a.number ORDER BY a.answered_at, a.session_id, a.position)
               FILTER (WHERE a.number IS NOT NULL))[1] AS score
    FROM feedback.session AS s
    JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
    WHERE (s.workspace, s.errand_id) = (e.workspace, e.errand_id) AND s.verified
) AS survey ON true;

COMMENT ON VIEW analyst.errand_overview IS
    'One row per errand, all names joined, without HTML. Includes deleted and gone errands: see state. Key: workspace, errand_id.';
COMMENT ON COLUMN analyst.errand_overview.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.errand_overview.errand_id IS 'Cention''s database id of the errand: joins with every table of schema cention.';
COMMENT ON COLUMN analyst.errand_overview.display_id IS 'Number shown to people, such as 2256-1.';
COMMENT ON COLUMN analyst.errand_overview.state IS 'gone (no longer in Cention), else deleted, else closed, else answered (and still open), else open.';
COMMENT ON COLUMN analyst.errand_overview.status_title IS 'Status as Cention''s own list shows it, in the language of the workspace.';
COMMENT ON COLUMN analyst.errand_overview.status_code IS 'Names of the status icons, such as ACTION_ANSWER; several are separated by comma and blank.';
COMMENT ON COLUMN analyst.errand_overview.service_id IS 'Channel.';
COMMENT ON COLUMN analyst.errand_overview.service_name IS 'Name of the channel, such as Email.';
COMMENT ON COLUMN analyst.errand_overview.organisation_id IS 'Organisation.';
COMMENT ON COLUMN analyst.errand_overview.organisation_name IS 'Name of the organisation.';
COMMENT ON COLUMN analyst.errand_overview.area_id IS 'Area.';
COMMENT ON COLUMN analyst.errand_overview.area_name IS 'Name of the area.';
COMMENT ON COLUMN analyst.errand_overview.agent_id IS 'Agent it is assigned to now; null if unassigned.';
COMMENT ON COLUMN analyst.errand_overview.agent_name IS 'Display name of that agent; not the login name.';
COMMENT ON COLUMN analyst.errand_overview.priority IS 'Priority as text; null for none.';
COMMENT ON COLUMN analyst.errand_overview.thread_id IS 'Thread the errand belongs to; null for none.';
COMMENT ON COLUMN analyst.errand_overview.group_id IS 'Errand it is grouped with; null for none.';
COMMENT ON COLUMN analyst.errand_overview.from_address IS 'Address of the writer.';
COMMENT ON COLUMN analyst.errand_overview.from_name IS 'Name of the writer.';
COMMENT ON COLUMN analyst.errand_overview.recipients IS 'Addresses it was sent to, in order; empty for none.';
COMMENT ON COLUMN analyst.errand_overview.copy_recipients IS 'Addresses it was sent to as a copy, in order; empty for none.';
COMMENT ON COLUMN analyst.errand_overview.subject IS 'Subject.';
COMMENT ON COLUMN analyst.errand_overview.tags IS 'Names of its tags, sorted; empty for none. Filter with: ''Refund'' = ANY (tags).';
COMMENT ON COLUMN analyst.errand_overview.tags_text IS 'The same as one text, separated by comma and blank; '''' for none.';
COMMENT ON COLUMN analyst.errand_overview.attachment_count IS 'Number of attachments it came with.';
COMMENT ON COLUMN analyst.errand_overview.arrived_on IS 'Day of arrival in the workspace''s time zone (cention.workspace.timezone, UTC if unset).';
COMMENT ON COLUMN analyst.errand_overview.arrived_at IS 'Arrival, to the minute; null if Cention never reported it, for instance if the errand was gone before its first report.';
COMMENT ON COLUMN analyst.errand_overview.answered_at IS 'Answer, to the minute; null for none.';
COMMENT ON COLUMN analyst.errand_overview.done_at IS 'Cention''s "date done", to the minute; null for none. Closed errands may have none: Cention reports no time of closure.';
COMMENT ON COLUMN analyst.errand_overview.arrival_to_answer_min IS 'Minutes from arrival to answer by the calendar, nights and weekends included.';
COMMENT ON COLUMN analyst.errand_overview.arrival_to_done_min IS 'Minutes from arrival to Cention''s "date done" by the calendar.';
COMMENT ON COLUMN analyst.errand_overview.handling_time_min IS 'Total handling time in minutes, as Cention computed it; 0 may mean that there is none yet.';
COMMENT ON COLUMN analyst.errand_overview.response_time_min IS 'Total response time in minutes, as Cention computed it; 0 may mean that there is none yet.';
COMMENT ON COLUMN analyst.errand_overview.within_sla IS 'Handled within the SLA; null until Cention has computed it.';
COMMENT ON COLUMN analyst.errand_overview.sla_expiry IS 'SLA expiry: 0 none, 1 warning, 2 expired; may lag by about 5 minutes.';
COMMENT ON COLUMN analyst.errand_overview.sla_done_due IS 'Whether the "date done" was past at sla_fetched_at; it becomes outdated without a new report.';
COMMENT ON COLUMN analyst.errand_overview.sla_pending IS 'Cention had not computed the SLA for the last report: the SLA columns and both times are older, or null.';
COMMENT ON COLUMN analyst.errand_overview.sla_fetched_at IS 'When the SLA columns and both times were last reported.';
COMMENT ON COLUMN analyst.errand_overview.feedback_value IS 'Rating of satisfaction by the customer; null while there is none. Its scale is set in Cention.';
COMMENT ON COLUMN analyst.errand_overview.feedback_answer IS 'Wording of that rating.';
COMMENT ON COLUMN analyst.errand_overview.feedback_question_text IS 'The question that was asked.';
COMMENT ON COLUMN analyst.errand_overview.survey_state IS 'answered, else not invited, else the state of the invitation: due, sending, triggered, refused, unknown or withdrawn; null if no survey was considered.';
COMMENT ON COLUMN analyst.errand_overview.survey_score IS 'First score of the answer to our survey; null for none. Its kind and scale: analyst.survey_answer.';
COMMENT ON COLUMN analyst.errand_overview.survey_reason IS 'Why the customer was not invited; null if invited, or not decided.';
COMMENT ON COLUMN analyst.errand_overview.answer_subject IS 'Subject of the reply, from the report.';
COMMENT ON COLUMN analyst.errand_overview.answer_body IS 'Text of the reply, from the report.';
COMMENT ON COLUMN analyst.errand_overview.answer_count IS 'Number of answers in callbacks; 0 if callbacks were set up only later.';
COMMENT ON COLUMN analyst.errand_overview.answer_attachment_count IS 'Files that these answers carry together; images inside their HTML are not counted.';
COMMENT ON COLUMN analyst.errand_overview.latest_answer_at IS 'When the callback of the latest answer was received.';
COMMENT ON COLUMN analyst.errand_overview.latest_answer_subject IS 'Subject of the latest answer.';
COMMENT ON COLUMN analyst.errand_overview.latest_answer_text IS 'Plain text of the latest answer.';
COMMENT ON COLUMN analyst.errand_overview.action_count IS 'Number of actions in its history (cention.errand_action).';
COMMENT ON COLUMN analyst.errand_overview.first_action_at IS 'First action of its history.';
COMMENT ON COLUMN analyst.errand_overview.last_action_at IS 'Last action of its history; for a closed errand, the best estimate of the time of closing.';
COMMENT ON COLUMN analyst.errand_overview.answered IS 'It was answered.';
COMMENT ON COLUMN analyst.errand_overview.closed IS 'It is closed.';
COMMENT ON COLUMN analyst.errand_overview.deleted IS 'It is deleted in Cention; it stays here, with what was last known.';
COMMENT ON COLUMN analyst.errand_overview.gone_at IS 'When Cention first answered that the errand no longer exists; the row stays, with its last known values.';
COMMENT ON COLUMN analyst.errand_overview.fetched_at IS 'When the last report was fetched: how old this row is.';
