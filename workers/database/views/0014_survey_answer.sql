-- Answers to surveys beside the errand as it was when the customer was invited.
DROP VIEW IF EXISTS analyst.survey_answer;

CREATE VIEW analyst.survey_answer AS
SELECT a.workspace,
       a.session_id,
       a.position,
       a.answered_at,
       a.kind,
       a.question_key,
       a.question_text,
       a.number,
       a.lowest,
       a.highest,
       a.choice_text,
       a.comment,
       s.vendor,
       s.origin,
       s.verified,
       s.invitation_id,
       s.errand_id,
       e.display_id,
       i.rule,
       i.rule_version,
       i.event_at,
       i.service_id,
       service.name AS service_name,
       i.organisation_id,
       organisation.name AS organisation_name,
       i.area_id,
       area.name AS area_name,
       i.agent_id,
       agent.name AS agent_name,
       i.answered_by,
       i.tag_ids
FROM feedback.answer AS a
JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id)
LEFT JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id)
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (s.workspace, s.errand_id)
LEFT JOIN cention.service ON (service.workspace, service.service_id) = (i.workspace, i.service_id)
LEFT JOIN cention.organisation
    ON (organisation.workspace, organisation.organisation_id) = (i.workspace, i.organisation_id)
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (i.workspace, i.area_id)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (i.workspace, i.agent_id);

COMMENT ON VIEW analyst.survey_answer IS 'One row per answered question. Area, agent, channel, organisation and tags are those of the time of the decision to invite; null for a survey that no invitation led to. Key: workspace, session_id, position. Each session_id is in feedback.session. Each invitation_id is in analyst.survey_invitation.';
COMMENT ON COLUMN analyst.survey_answer.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.survey_answer.session_id IS 'Survey as one customer answered it.';
COMMENT ON COLUMN analyst.survey_answer.position IS 'Position of the question in it, from 1.';
COMMENT ON COLUMN analyst.survey_answer.answered_at IS 'When it was answered; when it was received, if the vendor gives no time.';
COMMENT ON COLUMN analyst.survey_answer.kind IS 'nps, csat, ces, stars, choice or text.';
COMMENT ON COLUMN analyst.survey_answer.question_key IS 'Key of the question in the rules file, or heading of its column in the vendor''s results.';
COMMENT ON COLUMN analyst.survey_answer.question_text IS 'Wording of the question; of imported results, the heading of the column.';
COMMENT ON COLUMN analyst.survey_answer.number IS 'Score; null for a text or a choice.';
COMMENT ON COLUMN analyst.survey_answer.lowest IS 'Lowest possible score. Scores of different scales are not to be mixed.';
COMMENT ON COLUMN analyst.survey_answer.highest IS 'Highest possible score.';
COMMENT ON COLUMN analyst.survey_answer.choice_text IS 'Wording of the choice; null for none.';
COMMENT ON COLUMN analyst.survey_answer.comment IS 'Text that the customer wrote, untrusted; null for none.';
COMMENT ON COLUMN analyst.survey_answer.vendor IS 'Vendor whose survey it is; own: our page.';
COMMENT ON COLUMN analyst.survey_answer.origin IS 'How it came: page, import or push.';
COMMENT ON COLUMN analyst.survey_answer.verified IS 'True if it surely belongs to a customer we know; survey_score_week counts no others.';
COMMENT ON COLUMN analyst.survey_answer.invitation_id IS 'Invitation that it answers; null for none.';
COMMENT ON COLUMN analyst.survey_answer.errand_id IS 'Errand it is about; null if that is not known.';
COMMENT ON COLUMN analyst.survey_answer.display_id IS 'Number of that errand shown to people.';
COMMENT ON COLUMN analyst.survey_answer.rule IS 'Rule that invited; null for a link that an operator handed over.';
COMMENT ON COLUMN analyst.survey_answer.rule_version IS 'Version of the rules file it was decided by.';
COMMENT ON COLUMN analyst.survey_answer.event_at IS 'When the errand was answered or closed, which led to the invitation.';
COMMENT ON COLUMN analyst.survey_answer.service_id IS 'Channel of the errand when it was decided.';
COMMENT ON COLUMN analyst.survey_answer.service_name IS 'Name of that channel.';
COMMENT ON COLUMN analyst.survey_answer.organisation_id IS 'Organisation when it was decided.';
COMMENT ON COLUMN analyst.survey_answer.organisation_name IS 'Name of that organisation.';
COMMENT ON COLUMN analyst.survey_answer.area_id IS 'Area when it was decided.';
COMMENT ON COLUMN analyst.survey_answer.area_name IS 'Name of that area.';
COMMENT ON COLUMN analyst.survey_answer.agent_id IS 'Agent the errand was assigned to when it was decided.';
COMMENT ON COLUMN analyst.survey_answer.agent_name IS 'Name of that agent.';
COMMENT ON COLUMN analyst.survey_answer.answered_by IS 'Name of the agent who acted last at the time of the event, by the history of the errand.';
COMMENT ON COLUMN analyst.survey_answer.tag_ids IS 'Tags when it was decided.';
