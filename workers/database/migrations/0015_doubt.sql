-- A request whose answer was lost may still take effect at Cention, after another fetch of its record.
ALTER TABLE intake.wanted ADD COLUMN doubt_until timestamptz;
COMMENT ON COLUMN intake.wanted.doubt_until IS 'Until when a request that we lost sight of may still clear a flag at Cention: only a record claimed later leaves the list.';
COMMENT ON COLUMN intake.wanted.wanted_at IS 'When it was first wanted; for a record that is at home and only in doubt, when it is looked at once more.';
