-- Counts of decisions, answers and unmatched rows for metrics: reading them reads no large table.
CREATE TABLE intake.survey_count (
    workspace text NOT NULL,
    count_id  bigint GENERATED ALWAYS AS IDENTITY,
    what      text NOT NULL CHECK (what IN ('decision', 'answer', 'unmatched')),
    reason    text,
    number    bigint NOT NULL,
    PRIMARY KEY (workspace, count_id)
);
COMMENT ON TABLE intake.survey_count IS 'What was added to the counts of surveys: the sum of number is the count. Written by triggers; rows are only inserted, so that no transaction waits for another, and are added up from time to time.';
COMMENT ON COLUMN intake.survey_count.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.survey_count.count_id IS 'Number of the row.';
COMMENT ON COLUMN intake.survey_count.what IS 'What is counted: decisions as they were made or changed, answers, or rows in feedback.unmatched_row.';
COMMENT ON COLUMN intake.survey_count.reason IS 'Reason of the decisions, or invite; null for others.';
COMMENT ON COLUMN intake.survey_count.number IS 'How many; negative for rows that were deleted.';

CREATE FUNCTION intake.count_new_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.survey_count (workspace, what, reason, number)
    SELECT workspace, 'decision', coalesce(reason, 'invite'), count(*) FROM added GROUP BY workspace, reason;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.count_changed_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.survey_count (workspace, what, reason, number)
    SELECT a.workspace, 'decision', coalesce(a.reason, 'invite'), count(*)
    FROM added AS a JOIN removed AS r USING (workspace, errand_id)
    WHERE a.reason IS DISTINCT FROM r.reason
    GROUP BY a.workspace, a.reason;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.survey_count (workspace, what, number)
    SELECT workspace, TG_ARGV[0], TG_ARGV[1]::bigint * count(*) FROM changed GROUP BY workspace;
    RETURN NULL;
END $$;
CREATE TRIGGER count_new AFTER INSERT ON feedback.decision REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_new_decisions();
CREATE TRIGGER count_changed AFTER UPDATE ON feedback.decision REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_changed_decisions();
CREATE TRIGGER count_new AFTER INSERT ON feedback.answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_rows('answer', '1');
CREATE TRIGGER count_new AFTER INSERT ON feedback.unmatched_row REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_rows('unmatched', '1');
CREATE TRIGGER count_deleted AFTER DELETE ON feedback.unmatched_row REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_rows('unmatched', '-1');

INSERT INTO intake.survey_count (workspace, what, reason, number)
SELECT workspace, 'decision', coalesce(reason, 'invite'), count(*) FROM feedback.decision GROUP BY workspace, reason
UNION ALL SELECT workspace, 'answer', NULL, count(*) FROM feedback.answer GROUP BY workspace
UNION ALL SELECT workspace, 'unmatched', NULL, count(*) FROM feedback.unmatched_row GROUP BY workspace;

CREATE INDEX session_stuck ON feedback.session (workspace) WHERE state = 'stuck';
