-- Figures of errands by area and day.
DROP VIEW IF EXISTS analyst.area_day, intake.area_day_computed;

-- As it is computed; intake.area_day keeps its rows.
CREATE VIEW intake.area_day_computed AS
SELECT d.workspace,
       d.day,
       d.kind_id AS area_id,
       d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day, d.sla_count,
       d.within_sla_count, d.within_sla_share, d.avg_handling_time_min, d.median_handling_time_min,
       d.avg_response_time_min, d.median_response_time_min, d.feedback_count, d.avg_feedback_value
FROM intake.day_figures AS d
WHERE d.kind = 'area';

CREATE VIEW analyst.area_day AS
SELECT d.workspace,
       d.day,
       d.area_id,
       area.name AS area_name,
       d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day, d.sla_count,
       d.within_sla_count, d.within_sla_share, d.avg_handling_time_min, d.median_handling_time_min,
       d.avg_response_time_min, d.median_response_time_min, d.feedback_count, d.avg_feedback_value
FROM intake.area_day AS d
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (d.workspace, d.area_id);

COMMENT ON VIEW analyst.area_day IS
    'One row per area and day on which an errand of it arrived or was answered; errands without area under null, so that the sum of arrived is the number of errands. Key: workspace, day, area_id.';
COMMENT ON COLUMN analyst.area_day.area_id IS 'Area the errands are in now; null: Cention reported none.';
COMMENT ON COLUMN analyst.area_day.area_name IS 'Name of the area.';
