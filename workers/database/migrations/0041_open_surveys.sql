-- Surveys on our pages that are under way: every minute those are ended that customers have left.
CREATE INDEX session_open ON feedback.session (workspace, invitation_id) WHERE origin = 'page' AND state = 'open';
