-- Tables with bodies, and those that change more often than a figure does, mark row by row. An errand is marked by each
-- report, as views show when it was fetched. Whoever saves many reports marks their errands together, and says so by
-- cention.errands_marked_together. Other triggers with a condition name the columns that views read.
SET lock_timeout = '1s';
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.errand
    FOR EACH ROW WHEN (current_setting('cention.errands_marked_together', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand
    FOR EACH ROW WHEN (current_setting('cention.errands_marked_together', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.errand_version
    FOR EACH ROW WHEN (
        NEW.valid_to IS NOT NULL AND current_setting('cention.errands_marked_together', true) IS DISTINCT FROM 'on'
    ) EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand_version
    FOR EACH ROW WHEN (
        current_setting('cention.errands_marked_together', true) IS DISTINCT FROM 'on'
        AND (
            (OLD.valid_to IS NOT NULL
             AND (OLD.valid_to, OLD.fetched_at) IS DISTINCT FROM (NEW.valid_to, NEW.fetched_at))
            OR (OLD.changed_at, OLD.state, OLD.status_code, OLD.area_id, OLD.agent_id, OLD.priority, OLD.service_id,
                OLD.organisation_id, OLD.closed, OLD.answered, OLD.deleted, OLD.tag_ids, OLD.handling_time_s,
                OLD.within_sla)
               IS DISTINCT FROM
               (NEW.changed_at, NEW.state, NEW.status_code, NEW.area_id, NEW.agent_id, NEW.priority, NEW.service_id,
                NEW.organisation_id, NEW.closed, NEW.answered, NEW.deleted, NEW.tag_ids, NEW.handling_time_s,
                NEW.within_sla)
        )
    ) EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand_action
    FOR EACH ROW EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON cention.errand_recipient
    FOR EACH ROW EXECUTE FUNCTION intake.mark_former_record('errand', 'errand_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.answer
    FOR EACH ROW EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.answer
    FOR EACH ROW EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.decision
    FOR EACH ROW WHEN (
        (OLD.verdict, OLD.reason, OLD.rule, OLD.event_at)
        IS DISTINCT FROM (NEW.verdict, NEW.reason, NEW.rule, NEW.event_at)
    ) EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.invitation
    FOR EACH ROW WHEN (
        (OLD.errand_id, OLD.rule, OLD.rule_version, OLD.vendor, OLD.channel, OLD.language, OLD.service_id,
         OLD.organisation_id, OLD.area_id, OLD.agent_id, OLD.answered_by, OLD.tag_ids, OLD.event_at, OLD.due_at,
         OLD.sent_at, OLD.state, OLD.settled_at, OLD.settled_by, OLD.problem, OLD.tries, OLD.expires_at)
        IS DISTINCT FROM
        (NEW.errand_id, NEW.rule, NEW.rule_version, NEW.vendor, NEW.channel, NEW.language, NEW.service_id,
         NEW.organisation_id, NEW.area_id, NEW.agent_id, NEW.answered_by, NEW.tag_ids, NEW.event_at, NEW.due_at,
         NEW.sent_at, NEW.state, NEW.settled_at, NEW.settled_by, NEW.problem, NEW.tries, NEW.expires_at)
    ) EXECUTE FUNCTION intake.mark_errand();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.session
    FOR EACH ROW WHEN (
        (OLD.invitation_id, OLD.errand_id, OLD.vendor, OLD.origin, OLD.verified, OLD.started_at)
        IS DISTINCT FROM
        (NEW.invitation_id, NEW.errand_id, NEW.vendor, NEW.origin, NEW.verified, NEW.started_at)
    ) EXECUTE FUNCTION intake.mark_survey();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.answer
    FOR EACH ROW WHEN (
        (OLD.answered_at, OLD.kind, OLD.question_key, OLD.question_text, OLD.number, OLD.lowest, OLD.highest,
         OLD.choice_text, OLD.comment)
        IS DISTINCT FROM
        (NEW.answered_at, NEW.kind, NEW.question_key, NEW.question_text, NEW.number, NEW.lowest, NEW.highest,
         NEW.choice_text, NEW.comment)
    ) EXECUTE FUNCTION intake.mark_survey_answer();
DROP FUNCTION IF EXISTS intake.mark_errands_of_past_versions();
RESET lock_timeout;
