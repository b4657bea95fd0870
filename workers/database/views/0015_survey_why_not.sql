-- Why customers were not invited, by day, rule and area.
DROP VIEW IF EXISTS analyst.survey_why_not;

CREATE VIEW analyst.survey_why_not AS
SELECT d.workspace,
       (d.event_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date AS day,
       d.rule,
       e.area_id,
       area.name AS area_name,
       d.reason,
       count(*) AS errands
FROM feedback.decision AS d
LEFT JOIN cention.workspace AS w ON w.workspace = d.workspace
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (d.workspace, d.errand_id)
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (e.workspace, e.area_id)
WHERE d.verdict = 'not'
GROUP BY d.workspace, day, d.rule, e.area_id, area.name, d.reason;

COMMENT ON VIEW analyst.survey_why_not IS 'One row per day, rule, area and reason: errands whose customer was not invited to a survey. Key: workspace, day, rule, area_id, reason.';
COMMENT ON COLUMN analyst.survey_why_not.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.survey_why_not.day IS 'Day on which the errands were answered or closed, in the workspace''s time zone.';
COMMENT ON COLUMN analyst.survey_why_not.rule IS 'First rule that fits the errand; null for none.';
COMMENT ON COLUMN analyst.survey_why_not.area_id IS 'Present area of the errands; null: none.';
COMMENT ON COLUMN analyst.survey_why_not.area_name IS 'Name of that area.';
COMMENT ON COLUMN analyst.survey_why_not.reason IS 'Why nobody was invited, such as quiet or opted_out.';
COMMENT ON COLUMN analyst.survey_why_not.errands IS 'Number of errands.';
