-- Invitations to surveys, with the errand as it was when it was decided.
DROP VIEW IF EXISTS analyst.survey_invitation;

CREATE VIEW analyst.survey_invitation AS
SELECT i.workspace,
       i.invitation_id,
       i.errand_id,
       e.display_id,
       i.rule,
       i.rule_version,
       i.vendor,
       i.channel,
       i.language,
       i.service_id,
       service.name AS service_name,
       i.organisation_id,
       organisation.name AS organisation_name,
       i.area_id,
       area.name AS area_name,
       i.agent_id,
       agent.name AS agent_name,
       i.answered_by,
       i.tag_ids,
       i.event_at,
       i.due_at,
       i.sent_at,
       i.state,
       i.settled_at,
       i.settled_by,
       i.problem,
       i.tries,
       i.expires_at,
       answered.first_at AS answered_at
FROM feedback.invitation AS i
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (i.workspace, i.errand_id)
LEFT JOIN cention.service ON (service.workspace, service.service_id) = (i.workspace, i.service_id)
LEFT JOIN cention.organisation
    ON (organisation.workspace, organisation.organisation_id) = (i.workspace, i.organisation_id)
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (i.workspace, i.area_id)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (i.workspace, i.agent_id)
LEFT JOIN LATERAL (
    SELECT min(a.answered_at) AS first_at
    FROM feedback.session AS s
    JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
    WHERE (s.workspace, s.invitation_id) = (i.workspace, i.invitation_id) AND s.verified
) AS answered ON true;

COMMENT ON VIEW analyst.survey_invitation IS 'One row per invitation to a survey, without the contact. Area, agent, channel, organisation and tags are those of the time of the decision. Key: workspace, invitation_id. Each invitation_id is in feedback.invitation.';
COMMENT ON COLUMN analyst.survey_invitation.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.survey_invitation.invitation_id IS 'Number of the invitation.';
COMMENT ON COLUMN analyst.survey_invitation.errand_id IS 'Errand it is about.';
COMMENT ON COLUMN analyst.survey_invitation.display_id IS 'Number of that errand shown to people.';
COMMENT ON COLUMN analyst.survey_invitation.rule IS 'Rule that invited; null for a link that an operator handed over.';
COMMENT ON COLUMN analyst.survey_invitation.rule_version IS 'Version of the rules file it was decided by.';
COMMENT ON COLUMN analyst.survey_invitation.vendor IS 'Vendor that was asked to send it.';
COMMENT ON COLUMN analyst.survey_invitation.channel IS 'email or mobile.';
COMMENT ON COLUMN analyst.survey_invitation.language IS 'Language of the survey by its rule; null: chosen by the page or the vendor.';
COMMENT ON COLUMN analyst.survey_invitation.service_id IS 'Channel of the errand when it was decided.';
COMMENT ON COLUMN analyst.survey_invitation.service_name IS 'Name of that channel.';
COMMENT ON COLUMN analyst.survey_invitation.organisation_id IS 'Organisation when it was decided.';
COMMENT ON COLUMN analyst.survey_invitation.organisation_name IS 'Name of that organisation.';
COMMENT ON COLUMN analyst.survey_invitation.area_id IS 'Area when it was decided.';
COMMENT ON COLUMN analyst.survey_invitation.area_name IS 'Name of that area.';
COMMENT ON COLUMN analyst.survey_invitation.agent_id IS 'Agent the errand was assigned to when it was decided.';
COMMENT ON COLUMN analyst.survey_invitation.agent_name IS 'Name of that agent.';
COMMENT ON COLUMN analyst.survey_invitation.answered_by IS 'Name of the agent who acted last at the time of the event, by the history of the errand.';
COMMENT ON COLUMN analyst.survey_invitation.tag_ids IS 'Tags when it was decided.';
COMMENT ON COLUMN analyst.survey_invitation.event_at IS 'When the errand was answered or closed.';
COMMENT ON COLUMN analyst.survey_invitation.due_at IS 'When it was to be sent.';
COMMENT ON COLUMN analyst.survey_invitation.sent_at IS 'When the vendor was asked last, or the link was handed over; null if never.';
COMMENT ON COLUMN analyst.survey_invitation.state IS 'due, sending, triggered (the vendor took it), refused (surely not sent), unknown (may have been sent) or withdrawn.';
COMMENT ON COLUMN analyst.survey_invitation.settled_at IS 'When the outcome became known; null while unsettled.';
COMMENT ON COLUMN analyst.survey_invitation.settled_by IS 'How it became known: vendor, operator, answer, opt_out, check, or link: an operator handed the link over.';
COMMENT ON COLUMN analyst.survey_invitation.problem IS 'Why it was refused or withdrawn, or why the outcome is unknown.';
COMMENT ON COLUMN analyst.survey_invitation.tries IS 'How often a vendor was asked.';
COMMENT ON COLUMN analyst.survey_invitation.expires_at IS 'Until when an answer is accepted.';
COMMENT ON COLUMN analyst.survey_invitation.answered_at IS 'When the customer first answered; null for no answer.';
