-- What the bridge did, minute by minute, for charts.
CREATE TABLE intake.activity_minute (
    workspace     text NOT NULL,
    family        text NOT NULL,
    minute_at     timestamptz NOT NULL,
    callbacks     integer NOT NULL DEFAULT 0,
    stored        integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    by_status     jsonb NOT NULL DEFAULT '{}',
    oldest_wait_s bigint,
    PRIMARY KEY (workspace, family, minute_at)
);
COMMENT ON TABLE intake.activity_minute IS 'One row per minute and kind of record: what was received and fetched, and how long records waited. Kept for 8 days. Counted after the commit of what is counted: after a crash the last moments may be missing, and nothing is counted twice.';
COMMENT ON COLUMN intake.activity_minute.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.activity_minute.family IS 'Kind of record, as in intake.wanted; or callbacks.';
COMMENT ON COLUMN intake.activity_minute.minute_at IS 'Beginning of the minute: in which records were stored, or callbacks received.';
COMMENT ON COLUMN intake.activity_minute.callbacks IS 'Callbacks that were received in this minute and have been processed; 0 for records.';
COMMENT ON COLUMN intake.activity_minute.stored IS 'Records that were fetched and stored, each fetch counted; of callbacks, those that were filed.';
COMMENT ON COLUMN intake.activity_minute.failed IS 'Attempts without a readable record, also those that are repeated; of callbacks, those with a problem.';
COMMENT ON COLUMN intake.activity_minute.by_status IS 'Number of responses by HTTP status; none where no response arrived. Empty for callbacks.';
COMMENT ON COLUMN intake.activity_minute.oldest_wait_s IS 'Age in seconds of the oldest record that waited, or unfiled callback, at the first sweep of the minute; 0 if none waited. Null if no sweep ran.';
