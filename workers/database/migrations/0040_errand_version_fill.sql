-- How far the errands that were here before their history have got their first versions.
CREATE TABLE intake.errand_version_fill (
    workspace text PRIMARY KEY,
    after_id  bigint NOT NULL,
    ended_at  timestamptz
);
COMMENT ON TABLE intake.errand_version_fill IS 'Progress of writing first versions for errands that were stored before cention.errand_version existed.';
COMMENT ON COLUMN intake.errand_version_fill.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.errand_version_fill.after_id IS 'Errands up to this id have been looked at.';
COMMENT ON COLUMN intake.errand_version_fill.ended_at IS 'When all errands had been looked at; null before.';
