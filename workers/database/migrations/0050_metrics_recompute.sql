-- Each change has a mark of its own, which is visible as soon as the change is: whoever takes a mark waits for nobody.
-- The key begins with what marks are taken by: the oldest of a workspace.
ALTER TABLE intake.metrics_due
    DROP CONSTRAINT metrics_due_pkey,
    ADD PRIMARY KEY (workspace, marked_in, kind, record_id);
COMMENT ON TABLE intake.metrics_due IS 'Marks: records that changed since figures were last computed from them, written by triggers in the transaction of the change. A change of a column that no view for analysts reads may leave none. A transaction marks a record once, whatever others have marked: none waits for another.';

CREATE OR REPLACE FUNCTION intake.mark_due(of_kind text, workspaces text[], ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.metrics_due (workspace, kind, record_id)
    SELECT DISTINCT x.workspace, of_kind, x.id FROM unnest(workspaces, ids) AS x (workspace, id)
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION intake.mark_due IS 'Mark records of one kind, given with their workspaces. The caller has changed them in this transaction before.';

CREATE OR REPLACE FUNCTION intake.mark_errand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.metrics_due (workspace, kind, record_id) VALUES (NEW.workspace, 'errand', NEW.errand_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- Marks are deleted in the transaction that computes the figures. Everything is computed again after this migration.
DROP TABLE intake.metrics_claim;

ALTER TABLE intake.metrics_progress
    ADD COLUMN since date,
    ADD COLUMN began_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN intake.metrics_progress.since IS 'First day of a computation that leaves out what was over before it; null for one of everything.';
COMMENT ON COLUMN intake.metrics_progress.began_at IS 'When the last computation of everything began, or was asked for. One that is asked for meanwhile has another time, and begins with the first errand.';
UPDATE intake.metrics_progress SET after_id = 0;

CREATE TABLE intake.backlog_due (
    workspace text NOT NULL,
    day       date NOT NULL,
    is_new    boolean NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, day)
);
COMMENT ON TABLE intake.backlog_due IS 'Days whose analyst.backlog_day is to be computed: those that have ended, and those that a change reaches.';
COMMENT ON COLUMN intake.backlog_due.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.backlog_due.day IS 'Day in the time zone of the workspace.';
COMMENT ON COLUMN intake.backlog_due.is_new IS 'It has not been computed before: what comes of it is no correction.';
COMMENT ON COLUMN intake.backlog_due.marked_at IS 'Since when it waits. While everything is computed, days wait for the end of that.';
COMMENT ON COLUMN analyst.backlog_day.corrected_at IS 'When this day was computed again and had changed: by a late report, another time zone or a new release; null if never.';

CREATE TABLE intake.metrics_problem (
    workspace text NOT NULL,
    errand_id bigint NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('failed', 'arrival')),
    problem   text NOT NULL,
    found_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, errand_id)
);
COMMENT ON TABLE intake.metrics_problem IS 'Errands whose figures cannot be computed, or lack something (cention metrics problems). A row goes when the figures are computed without it.';
COMMENT ON COLUMN intake.metrics_problem.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.metrics_problem.errand_id IS 'Errand.';
COMMENT ON COLUMN intake.metrics_problem.kind IS 'failed: its figures are those from before, or none; arrival: the time of its arrival, or of an event more than a day before it, is implausible and taken for unknown.';
COMMENT ON COLUMN intake.metrics_problem.problem IS 'What is wrong, in words.';
COMMENT ON COLUMN intake.metrics_problem.found_at IS 'When it was found last.';
COMMENT ON COLUMN analyst.errand_metrics.arrived_at IS 'Arrival, to the minute; null if Cention never reported it, or one before 2000 or more than a day after the report was fetched: then no duration is known.';
