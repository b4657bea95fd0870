-- What an operator has seen and cannot repair need not be shown for ever.
ALTER TABLE intake.callback ADD COLUMN dismissed_at timestamptz;
COMMENT ON COLUMN intake.callback.dismissed_at IS 'When an operator dismissed its problem; it then counts as filed.';
ALTER TABLE intake.landed ADD COLUMN dismissed_at timestamptz;
COMMENT ON COLUMN intake.landed.dismissed_at IS 'When an operator dismissed its problem, until another document is stored.';
