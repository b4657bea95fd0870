-- Sending invitations: until when each may be sent, and the pace of each vendor.
ALTER TABLE feedback.invitation ADD COLUMN send_until timestamptz;
UPDATE feedback.invitation SET send_until = due_at;
ALTER TABLE feedback.invitation ALTER COLUMN send_until SET NOT NULL;
COMMENT ON COLUMN feedback.invitation.send_until IS 'After it the person is not asked any more: the invitation is withdrawn.';
COMMENT ON COLUMN feedback.invitation.settled_by IS 'How the outcome became known: vendor, operator, answer, opt_out, or check: it was withdrawn before it was sent.';
CREATE INDEX invitation_sent ON feedback.invitation (workspace, sent_at);

ALTER TABLE feedback.vendor
    ADD COLUMN not_before   timestamptz,
    ADD COLUMN minute_at    timestamptz,
    ADD COLUMN minute_count integer NOT NULL DEFAULT 0;
COMMENT ON TABLE feedback.vendor IS 'Survey vendors that were asked: which are paused, and how often each was asked in the last minute.';
COMMENT ON COLUMN feedback.vendor.not_before IS 'Until when the vendor asked us to wait, or could not be reached; null if it never did.';
COMMENT ON COLUMN feedback.vendor.minute_at IS 'The minute in which it was asked last; null if it was never asked.';
COMMENT ON COLUMN feedback.vendor.minute_count IS 'How often it was asked in that minute.';
