-- Chats by the time they began, for the limit on new ones; and what the number of a choice is on our own pages.
CREATE INDEX session_chat_started ON feedback.session (workspace, started_at) WHERE vendor = 'alvaria';
COMMENT ON COLUMN feedback.answer.choice_id IS 'The vendor''s id of the choice; on pages of ours, its number in the rules file, from 1; null for none.';
