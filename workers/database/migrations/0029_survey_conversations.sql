-- Surveys that pages of ours conduct, and links that an operator hands over.
ALTER TABLE feedback.invitation
    ALTER COLUMN rule DROP NOT NULL,
    DROP CONSTRAINT invitation_check,
    ADD CONSTRAINT invitation_sent CHECK (
        state IN ('due', 'withdrawn') OR (sent_at IS NOT NULL AND (sent_by IS NOT NULL OR settled_by = 'link'))
    ),
    ADD CONSTRAINT invitation_by_rule CHECK (rule IS NOT NULL OR state = 'triggered');
COMMENT ON COLUMN feedback.invitation.rule IS 'Rule that invited; null for a link of: cention surveys link.';
COMMENT ON COLUMN feedback.invitation.rule_version IS 'Version of the rules file it was decided by, or the link was made by.';
COMMENT ON COLUMN feedback.invitation.sent_by IS 'Worker that asked last; holds an advisory lock of this name while it lives. Null for a link that an operator handed over.';
COMMENT ON COLUMN feedback.invitation.sent_at IS 'When the vendor was asked last, or the link was handed over; null if never.';
COMMENT ON COLUMN feedback.invitation.settled_by IS 'How the outcome became known: vendor, operator, answer, opt_out, check: it was withdrawn before it was sent, or link: an operator handed the link over.';
COMMENT ON COLUMN feedback.invitation.token_sha256 IS 'SHA-256 of the secret in the link to our page, set before the link leaves; null if it has no link.';

ALTER TABLE feedback.session
    ADD COLUMN rules_version integer,
    ADD COLUMN asked         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(asked) = 'array'),
    ADD COLUMN sent_by       uuid,
    ADD COLUMN tries         integer NOT NULL DEFAULT 0,
    ADD COLUMN not_before    timestamptz,
    ADD FOREIGN KEY (workspace, rules_version) REFERENCES feedback.rules_file;
COMMENT ON COLUMN feedback.session.remote_id IS 'The vendor''s id of the session; null for none, or while the vendor has not been asked.';
COMMENT ON COLUMN feedback.session.question IS 'That question as the vendor sent it; null where the rules file has it, and while the vendor is asked for it.';
COMMENT ON COLUMN feedback.session.rules_version IS 'Version of the rules file that has the questions; null where the vendor has them.';
COMMENT ON COLUMN feedback.session.asked IS 'Questions that the vendor has sent so far, in order; empty where the rules file has them.';
COMMENT ON COLUMN feedback.session.sent_by IS 'Worker that is asking the vendor; holds an advisory lock of this name while it lives. Null while nobody asks.';
COMMENT ON COLUMN feedback.session.tries IS 'How often a session was started at the vendor.';
COMMENT ON COLUMN feedback.session.not_before IS 'Until when the vendor is not asked about it, after a failure; null for no wait.';

CREATE UNIQUE INDEX session_page ON feedback.session (workspace, invitation_id) WHERE origin = 'page';
CREATE INDEX session_waiting ON feedback.session (workspace, session_id)
    WHERE origin = 'page' AND (
        (vendor = 'centracx' AND state = 'open' AND question IS NULL)
        OR (vendor = 'alvaria' AND state = 'open' AND NOT verified)
        OR (vendor = 'alvaria' AND state IN ('complete', 'partial') AND outcome_state IN ('no', 'sending'))
    );
CREATE INDEX session_sent_by ON feedback.session (sent_by) WHERE sent_by IS NOT NULL;
