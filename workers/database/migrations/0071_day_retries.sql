-- Days and login names that fail wait before they are computed again, so that the others have their turn.
ALTER TABLE intake.day_due ADD COLUMN failures integer NOT NULL DEFAULT 0, ADD COLUMN retry_at timestamptz;
ALTER TABLE intake.logon_due ADD COLUMN failures integer NOT NULL DEFAULT 0, ADD COLUMN retry_at timestamptz;
COMMENT ON COLUMN intake.day_due.failures IS 'How often computing it has failed.';
COMMENT ON COLUMN intake.day_due.retry_at IS 'It failed, and is not computed again before this; null if it has not failed, or is to be computed at once.';
COMMENT ON COLUMN intake.logon_due.failures IS 'How often computing it has failed.';
COMMENT ON COLUMN intake.logon_due.retry_at IS 'It failed, and is not computed again before this; null if it has not failed, or is to be computed at once.';
COMMENT ON TABLE intake.day_due IS 'Days and weeks whose rows of a kept table are to be computed. The session that computes figures writes here, and cention metrics retry.';
COMMENT ON TABLE intake.logon_due IS 'Login names whose intake.agent_shift is to be computed. The session that computes figures writes here, and cention metrics retry.';
