-- What workers have done, for Prometheus: they add to it a few times a minute.
CREATE TABLE intake.work_count (
    kind      text NOT NULL CHECK (kind IN ('task', 'fetch')),
    workspace text NOT NULL,
    name      text NOT NULL,
    outcome   text NOT NULL,
    number    bigint NOT NULL,
    seconds   double precision NOT NULL,
    PRIMARY KEY (kind, workspace, name, outcome)
);
COMMENT ON TABLE intake.work_count IS 'How often workers have done what, and for how long, since the database was set up.';
COMMENT ON COLUMN intake.work_count.kind IS 'task: a Celery task ran; fetch: a record was requested from Cention.';
COMMENT ON COLUMN intake.work_count.workspace IS 'Cention workspace; empty if a task concerns all.';
COMMENT ON COLUMN intake.work_count.name IS 'Name of the task, or family of the record.';
COMMENT ON COLUMN intake.work_count.outcome IS 'Of a task: done, failed, or no_database. Of a fetch: parsed, unparseable, missing, refused or failed.';
COMMENT ON COLUMN intake.work_count.number IS 'How often.';
COMMENT ON COLUMN intake.work_count.seconds IS 'For how many seconds together; 0 for fetches, which overlap.';
