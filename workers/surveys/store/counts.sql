-- name: totals
-- Counts of every workspace: decisions by reason, and answers.
SELECT workspace, what, reason, sum(number)::float8 AS number
FROM intake.survey_count WHERE what IN ('decision', 'answer')
GROUP BY workspace, what, reason
ORDER BY workspace, what, reason;

-- name: add_up
-- Add the rows of each count up to one, once there are many. Those that another adds up are left out.
WITH many AS (
    SELECT workspace, count_id FROM intake.survey_count
    WHERE (SELECT count(*) FROM intake.survey_count) > %(most)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM intake.survey_count AS c USING many AS m
    WHERE (c.workspace, c.count_id) = (m.workspace, m.count_id)
    RETURNING c.workspace, c.what, c.reason, c.number
)
INSERT INTO intake.survey_count (workspace, what, reason, number)
SELECT workspace, what, reason, sum(number) FROM gone GROUP BY workspace, what, reason;
