-- A link that an operator hands over is a decision to invite that no rule made.
ALTER TABLE feedback.decision
    DROP CONSTRAINT decision_check2,
    ADD CONSTRAINT decision_invites CHECK (verdict = 'not' OR invitation_id IS NOT NULL);
COMMENT ON COLUMN feedback.decision.rule IS 'First rule that fits the errand; null for none, and for a link that an operator handed over.';
COMMENT ON COLUMN feedback.decision.rule_version IS 'Version of the rules file it was decided by; null without a rule.';
