-- Figures of errands by tag and day.
DROP VIEW IF EXISTS analyst.tag_day, intake.tag_day_computed;

-- As it is computed; intake.tag_day keeps its rows.
CREATE VIEW intake.tag_day_computed AS
SELECT d.workspace,
       d.day,
       d.kind_id AS tag_id,
       d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day, d.sla_count,
       d.within_sla_count, d.within_sla_share, d.avg_handling_time_min, d.median_handling_time_min,
       d.avg_response_time_min, d.median_response_time_min, d.feedback_count, d.avg_feedback_value
FROM intake.day_figures AS d
WHERE d.kind = 'tag';

CREATE VIEW analyst.tag_day AS
SELECT d.workspace,
       d.day,
       d.tag_id,
       tag.name AS tag_name,
       d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day, d.sla_count,
       d.within_sla_count, d.within_sla_share, d.avg_handling_time_min, d.median_handling_time_min,
       d.avg_response_time_min, d.median_response_time_min, d.feedback_count, d.avg_feedback_value
FROM intake.tag_day AS d
LEFT JOIN cention.tag ON (tag.workspace, tag.tag_id) = (d.workspace, d.tag_id);

COMMENT ON VIEW analyst.tag_day IS
    'One row per tag and day on which an errand with it arrived or was answered; an errand with several tags counts under each, one without under null. Key: workspace, day, tag_id.';
COMMENT ON COLUMN analyst.tag_day.tag_id IS 'Tag the errands carry now; null: untagged.';
COMMENT ON COLUMN analyst.tag_day.tag_name IS 'Name of the tag.';
