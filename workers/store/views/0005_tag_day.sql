-- How the errands with each tag fare, day by day.
DROP VIEW IF EXISTS analyst.tag_day;

CREATE VIEW analyst.tag_day AS
SELECT d.workspace,
       d.day,
       t.tag_id,
       tag.name AS tag_name,
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
LEFT JOIN cention.errand_tag AS t ON (t.workspace, t.errand_id) = (d.workspace, d.errand_id)
LEFT JOIN cention.tag ON (tag.workspace, tag.tag_id) = (d.workspace, t.tag_id)
GROUP BY d.workspace, d.day, t.tag_id, tag.name;

COMMENT ON VIEW analyst.tag_day IS
    'One row a tag and day on which an errand with it arrived or was answered; an errand with several tags counts under each, one without under null.';
COMMENT ON COLUMN analyst.tag_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.tag_day.day IS 'Day by the workspace''s clock; null: errands of which Cention never told the arrival.';
COMMENT ON COLUMN analyst.tag_day.tag_id IS 'Tag the errands carry now; null: untagged.';
COMMENT ON COLUMN analyst.tag_day.tag_name IS 'Name of the tag.';
COMMENT ON COLUMN analyst.tag_day.arrived IS 'Errands that arrived on this day, deleted and gone ones included. The columns up to open tell how these stand now.';
COMMENT ON COLUMN analyst.tag_day.answered IS 'Of those that arrived: answered by now, on whatever day.';
COMMENT ON COLUMN analyst.tag_day.closed IS 'Of those that arrived: closed by now.';
COMMENT ON COLUMN analyst.tag_day.deleted IS 'Of those that arrived: deleted in Cention by now.';
COMMENT ON COLUMN analyst.tag_day.gone IS 'Of those that arrived: Cention knows them no more.';
COMMENT ON COLUMN analyst.tag_day.open IS 'Of those that arrived: neither closed nor deleted nor gone.';
COMMENT ON COLUMN analyst.tag_day.answered_on_day IS 'Errands answered on this day, whenever they arrived: the work done on it.';
COMMENT ON COLUMN analyst.tag_day.sla_count IS 'Of those that arrived and are not deleted: those whose SLA Cention has computed.';
COMMENT ON COLUMN analyst.tag_day.within_sla_count IS 'Of sla_count: handled within the SLA.';
COMMENT ON COLUMN analyst.tag_day.within_sla_share IS 'within_sla_count / sla_count, from 0 to 1; null if there is none. Over several days divide the sums.';
COMMENT ON COLUMN analyst.tag_day.avg_handling_time_min IS 'Average total handling time in minutes, of those that arrived, are closed and not deleted.';
COMMENT ON COLUMN analyst.tag_day.median_handling_time_min IS 'Median of the same.';
COMMENT ON COLUMN analyst.tag_day.avg_response_time_min IS 'Average total response time in minutes, of those that arrived, are answered and not deleted.';
COMMENT ON COLUMN analyst.tag_day.median_response_time_min IS 'Median of the same.';
COMMENT ON COLUMN analyst.tag_day.feedback_count IS 'Ratings of satisfaction given to those that arrived and are not deleted.';
COMMENT ON COLUMN analyst.tag_day.avg_feedback_value IS 'Average of these ratings; null for none.';
