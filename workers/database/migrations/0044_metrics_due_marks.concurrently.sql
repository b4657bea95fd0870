-- Every change of a figure marks its record. Each statement locks one table, for a moment, and waits at most a
-- second for that, so that nobody waits long behind it. Rows that are only written together with their errand (tags,
-- recipients, new actions, first versions) are marked by it. Rows that are only deleted with their workspace have
-- no trigger for that.
SET lock_timeout = '1s';
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.errand
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.errand_version
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands_of_past_versions();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand_version
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.errand_action
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.answer
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.answer
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.answer_attachment
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands_of_files();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON feedback.decision
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.decision
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON feedback.decision
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON feedback.invitation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.invitation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON feedback.invitation
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_errands();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON feedback.session
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_surveys();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.session
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_surveys();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON feedback.answer
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_survey_answers();
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON feedback.answer
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_survey_answers();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.facebook_rating
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION intake.mark_records('facebook_rating', 'rating_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.facebook_rating
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION intake.mark_records('facebook_rating', 'rating_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.agent
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('agent', 'agent_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.agent
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('agent', 'agent_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.area
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('area', 'area_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.area
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('area', 'area_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.organisation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION intake.mark_records('organisation', 'organisation_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.organisation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION intake.mark_records('organisation', 'organisation_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.service
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('service', 'service_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.service
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('service', 'service_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.tag
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('tag', 'tag_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.tag
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('tag', 'tag_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.agent_login
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('agent', 'agent_id');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.agent_login
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('agent', 'agent_id');
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON cention.agent_login
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_records('agent', 'agent_id');
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.agent_logon
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_logon_days();
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON cention.agent_logon
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_logon_days();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.workspace
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('workspace');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.workspace
    REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_time_zones();
CREATE OR REPLACE TRIGGER mark_insert AFTER INSERT ON cention.action_pattern
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('action_pattern');
CREATE OR REPLACE TRIGGER mark_update AFTER UPDATE ON cention.action_pattern
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('action_pattern');
CREATE OR REPLACE TRIGGER mark_delete AFTER DELETE ON cention.action_pattern
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('action_pattern');
CREATE OR REPLACE TRIGGER mark_former AFTER UPDATE OF errand_id ON cention.answer
    FOR EACH ROW WHEN (OLD.errand_id <> NEW.errand_id)
    EXECUTE FUNCTION intake.mark_former_record('errand', 'errand_id');
CREATE OR REPLACE TRIGGER mark_former AFTER UPDATE OF errand_id ON cention.errand_action
    FOR EACH ROW WHEN (OLD.errand_id <> NEW.errand_id)
    EXECUTE FUNCTION intake.mark_former_record('errand', 'errand_id');
CREATE OR REPLACE TRIGGER mark_former AFTER UPDATE OF errand_id ON feedback.session
    FOR EACH ROW WHEN (OLD.errand_id IS NOT NULL AND OLD.errand_id IS DISTINCT FROM NEW.errand_id)
    EXECUTE FUNCTION intake.mark_former_record('errand', 'errand_id');
CREATE OR REPLACE TRIGGER mark_former_session AFTER UPDATE OF errand_id ON feedback.session
    FOR EACH ROW WHEN (OLD.errand_id IS NULL AND NEW.errand_id IS NOT NULL)
    EXECUTE FUNCTION intake.mark_former_record('survey_session', 'session_id');
CREATE OR REPLACE TRIGGER mark_former AFTER UPDATE OF agent_id ON cention.agent_login
    FOR EACH ROW WHEN (OLD.agent_id <> NEW.agent_id) EXECUTE FUNCTION intake.mark_former_record('agent', 'agent_id');
RESET lock_timeout;
