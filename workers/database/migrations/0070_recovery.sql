-- Recoveries after a restore, so that one that is interrupted goes on. And a dump that is restored on
-- the same server is recognised: its tables are new ones.
CREATE TABLE intake.recovery (
    workspace    text NOT NULL,
    since_at     timestamptz NOT NULL,
    preset_id    text NOT NULL,
    everything   boolean NOT NULL,
    began_at     timestamptz NOT NULL DEFAULT now(),
    stored_up_to bigint NOT NULL DEFAULT 0,
    ended_at     timestamptz,
    PRIMARY KEY (workspace, since_at, preset_id, everything)
);
COMMENT ON TABLE intake.recovery IS 'What `cention recover` has done: one row for each restored backup.';
COMMENT ON COLUMN intake.recovery.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.recovery.since_at IS 'When the backup was made.';
COMMENT ON COLUMN intake.recovery.preset_id IS 'Export by which errands were found; empty for none.';
COMMENT ON COLUMN intake.recovery.everything IS 'Whether every stored errand is fetched again, not only those that were open.';
COMMENT ON COLUMN intake.recovery.began_at IS 'When it began.';
COMMENT ON COLUMN intake.recovery.stored_up_to IS 'Stored errands up to this id are on the list of wanted records.';
COMMENT ON COLUMN intake.recovery.ended_at IS 'When all was found that can be; null before.';

ALTER TABLE feedback.restore_mark ADD COLUMN relation oid;
UPDATE feedback.restore_mark SET relation = tableoid;
ALTER TABLE feedback.restore_mark ALTER COLUMN relation SET NOT NULL;
COMMENT ON COLUMN feedback.restore_mark.relation IS 'Number that Postgres gave this table: another one after pg_restore, on whatever server.';
