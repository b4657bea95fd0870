-- Chats whose answers may or may not have reached Alvaria, for status and metrics.
CREATE INDEX session_outcome_unknown ON feedback.session (workspace) WHERE outcome_state = 'unknown';
