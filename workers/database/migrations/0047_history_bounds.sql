-- Marks by row: a trigger with a transition table copies each row that a statement writes, with its bodies.
-- These functions are for triggers of rows, which 0048 creates.
CREATE FUNCTION intake.mark_errand() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO intake.metrics_due (workspace, kind, record_id)
    SELECT NEW.workspace, 'errand', NEW.errand_id
    WHERE NOT EXISTS (
        SELECT FROM intake.metrics_due AS d
        WHERE (d.workspace, d.kind, d.record_id) = (NEW.workspace, 'errand', NEW.errand_id)
    );
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due(
        CASE WHEN NEW.errand_id IS NULL THEN 'survey_session' ELSE 'errand' END,
        ARRAY[NEW.workspace], ARRAY[coalesce(NEW.errand_id, NEW.session_id)]
    );
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_survey_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due(
        CASE WHEN s.errand_id IS NULL THEN 'survey_session' ELSE 'errand' END,
        ARRAY[s.workspace], ARRAY[coalesce(s.errand_id, s.session_id)]
    ) FROM feedback.session AS s WHERE (s.workspace, s.session_id) = (NEW.workspace, NEW.session_id);
    RETURN NULL;
END $$;
COMMENT ON TABLE intake.metrics_due IS 'Marks: records that changed since figures were last computed from them, written by triggers in the transaction of the change. A change of a column that no view for analysts reads may leave none. A record that is marked gets no second mark, except from transactions that mark it at the same time: none waits for another.';

COMMENT ON COLUMN cention.errand_version.fetch_times IS 'Fetches that found it like this, ascending: the first and the newest, 17 to 32 where there were more. By these the bridge puts a fetch that is saved late in its place.';
COMMENT ON COLUMN cention.errand_version.missing_parts IS 'For each of fetch_times, what the bridge took from the version before: the sum of 1 for the SLA, 2 for tags, 4 for all of a gone errand. The second one also stands for fetches that were left out after the first.';

-- What was counted as failed is two: what came and cannot be used, and what did not come.
ALTER TABLE intake.activity_minute ADD COLUMN unreadable integer NOT NULL DEFAULT 0;
UPDATE intake.activity_minute SET unreadable = failed, failed = 0 WHERE family = 'callbacks' AND failed > 0;
COMMENT ON COLUMN intake.activity_minute.stored IS 'Records that were fetched and stored, each fetch counted: the outcome parsed of intake.work_count. Of callbacks, those that were filed.';
COMMENT ON COLUMN intake.activity_minute.unreadable IS 'Fetches that brought what cannot be used: the outcomes unparseable and refused of intake.work_count. Of callbacks, those with a problem.';
COMMENT ON COLUMN intake.activity_minute.failed IS 'Fetches that brought nothing that can be stored, and are repeated: the outcome failed of intake.work_count. 0 for callbacks.';
COMMENT ON COLUMN intake.activity_minute.by_status IS 'Number of fetches by HTTP status, as far as their outcome tells it: 200 where a document came, 404 where Cention has no such record (also if it said so by a 200 without content), else the status of the error; none where no response came, or the bridge failed. Empty for callbacks.';
COMMENT ON COLUMN intake.work_count.outcome IS 'Of a task: done, failed, or no_database. Of a fetch: parsed (a document that can be used), unparseable (one that cannot be parsed), refused (one that is too large or has invalid content), missing (Cention has no such record), or failed (nothing came that can be stored; it is fetched again).';
COMMENT ON COLUMN intake.work_count.number IS 'How often. Of fetches, also those that were not stored because another worker had taken over the record.';
