-- How the errands of each area fare, day by day.
DROP VIEW IF EXISTS analyst.area_day;

CREATE VIEW analyst.area_day AS
SELECT d.workspace,
       d.day,
       d.area_id,
       area.name AS area_name,
       count(*) FILTER (WHERE d.event = 'arrived') AS arrived,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.answered) AS answered,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.closed) AS closed,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.deleted) AS deleted,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.gone) AS gone,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.open) AS open,
       count(*) FILTER (WHERE d.event = 'answered') AS answered_on_day,
       count(d.within_sla) FILTER (WHERE d.event = 'arrived') AS sla_count,
       count(*) FILTER (WHERE d.event = 'arrived' AND d.within_sla) AS within_sla_count,
       round(avg(d.within_sla::integer) FILTER (WHERE d.event = 'arrived'), 4) AS within_sla_share,
       round(avg(d.handling_time_min) FILTER (WHERE d.event = 'arrived'), 2) AS avg_handling_time_min,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY d.handling_time_min)
           FILTER (WHERE d.event = 'arrived'))::numeric, 2) AS median_handling_time_min,
       round(avg(d.response_time_min) FILTER (WHERE d.event = 'arrived'), 2) AS avg_response_time_min,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY d.response_time_min)
           FILTER (WHERE d.event = 'arrived'))::numeric, 2) AS median_response_time_min,
       count(d.feedback_value) FILTER (WHERE d.event = 'arrived') AS feedback_count,
       round(avg(d.feedback_value) FILTER (WHERE d.event = 'arrived'), 2) AS avg_feedback_value
FROM analyst.errand_day AS d
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (d.workspace, d.area_id)
GROUP BY d.workspace, d.day, d.area_id, area.name;

COMMENT ON VIEW analyst.area_day IS
    'One row an area and day on which an errand of it arrived or was answered; errands without area under null, so that the sum of arrived is the number of errands.';
COMMENT ON COLUMN analyst.area_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.area_day.day IS 'Day by the workspace''s clock; null: errands of which Cention never told the arrival.';
COMMENT ON COLUMN analyst.area_day.area_id IS 'Area the errands are in now; null: Cention told none.';
COMMENT ON COLUMN analyst.area_day.area_name IS 'Name of the area.';
COMMENT ON COLUMN analyst.area_day.arrived IS 'Errands that arrived on this day, deleted and gone ones included. The columns up to open tell how these stand now.';
COMMENT ON COLUMN analyst.area_day.answered IS 'Of those that arrived: answered by now, on whatever day.';
COMMENT ON COLUMN analyst.area_day.closed IS 'Of those that arrived: closed by now.';
COMMENT ON COLUMN analyst.area_day.deleted IS 'Of those that arrived: deleted in Cention by now.';
COMMENT ON COLUMN analyst.area_day.gone IS 'Of those that arrived: Cention knows them no more.';
COMMENT ON COLUMN analyst.area_day.open IS 'Of those that arrived: neither closed nor deleted nor gone.';
COMMENT ON COLUMN analyst.area_day.answered_on_day IS 'Errands answered on this day, whenever they arrived: the work done on it.';
COMMENT ON COLUMN analyst.area_day.sla_count IS 'Of those that arrived and are not deleted: those whose SLA Cention has computed.';
COMMENT ON COLUMN analyst.area_day.within_sla_count IS 'Of sla_count: handled within the SLA.';
COMMENT ON COLUMN analyst.area_day.within_sla_share IS 'within_sla_count / sla_count, from 0 to 1; null if there is none. Over several days divide the sums.';
COMMENT ON COLUMN analyst.area_day.avg_handling_time_min IS 'Average total handling time in minutes, of those that arrived, are closed and not deleted.';
COMMENT ON COLUMN analyst.area_day.median_handling_time_min IS 'Median of the same.';
COMMENT ON COLUMN analyst.area_day.avg_response_time_min IS 'Average total response time in minutes, of those that arrived, are answered and not deleted.';
COMMENT ON COLUMN analyst.area_day.median_response_time_min IS 'Median of the same.';
COMMENT ON COLUMN analyst.area_day.feedback_count IS 'Ratings of satisfaction given to those that arrived and are not deleted.';
COMMENT ON COLUMN analyst.area_day.avg_feedback_value IS 'Average of these ratings; null for none.';
