-- When tasks of a schedule were last done, and how far the clocks of processes differ from the database's.
CREATE TABLE intake.task_done (
    task    text PRIMARY KEY,
    done_at timestamptz NOT NULL
);
COMMENT ON TABLE intake.task_done IS 'When tasks of the schedule that concern all workspaces were last done.';
COMMENT ON COLUMN intake.task_done.task IS 'Name of the task.';
COMMENT ON COLUMN intake.task_done.done_at IS 'When it was last done to the end.';

CREATE TABLE intake.clock (
    process     text NOT NULL,
    host        text NOT NULL,
    ahead_ms    bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    PRIMARY KEY (process, host)
);
COMMENT ON TABLE intake.clock IS 'Clocks of beat and workers compared with the database''s, as last measured.';
COMMENT ON COLUMN intake.clock.process IS 'beat, or worker and the queue that it answered on.';
COMMENT ON COLUMN intake.clock.host IS 'Name of its machine.';
COMMENT ON COLUMN intake.clock.ahead_ms IS 'Milliseconds by which its clock is ahead of the database''s; negative: behind.';
COMMENT ON COLUMN intake.clock.measured_at IS 'When it was measured, by the database''s clock.';
