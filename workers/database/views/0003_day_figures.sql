-- Figures of errands by day, for each agent, area and tag: the base of the views by day.
CREATE VIEW intake.day_figures AS
SELECT d.workspace,
       d.day,
       d.kind,
       d.kind_id,
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
FROM (
    SELECT *, 'agent' AS kind, agent_id AS kind_id FROM analyst.errand_day
    UNION ALL
    SELECT *, 'area', area_id FROM analyst.errand_day
    UNION ALL
    SELECT e.*, 'tag', t.tag_id
    FROM analyst.errand_day AS e
    LEFT JOIN LATERAL (
        SELECT x.tag_id FROM cention.errand_tag AS x WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id) OFFSET 0
    ) AS t ON true
) AS d
GROUP BY d.workspace, d.day, d.kind, d.kind_id;

COMMENT ON VIEW intake.day_figures IS
    'One row for each agent, area and tag and day on which an errand of it arrived or was answered: the common part of analyst.agent_day, area_day and tag_day. Each of the three kinds has every errand; an errand with several tags counts under each.';
COMMENT ON COLUMN intake.day_figures.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.day_figures.day IS 'Day in the workspace''s time zone; null: errands whose arrival Cention never reported.';
COMMENT ON COLUMN intake.day_figures.kind IS 'agent, area or tag.';
COMMENT ON COLUMN intake.day_figures.kind_id IS 'Agent the errands are assigned to, area they are in, or tag they carry now; null: none.';
COMMENT ON COLUMN intake.day_figures.arrived IS 'Errands that arrived on this day, deleted and gone ones included. The columns up to open give their state now.';
COMMENT ON COLUMN intake.day_figures.answered IS 'Of those that arrived: answered by now, on whatever day.';
COMMENT ON COLUMN intake.day_figures.closed IS 'Of those that arrived: closed by now.';
COMMENT ON COLUMN intake.day_figures.deleted IS 'Of those that arrived: deleted in Cention by now.';
COMMENT ON COLUMN intake.day_figures.gone IS 'Of those that arrived: no longer in Cention.';
COMMENT ON COLUMN intake.day_figures.open IS 'Of those that arrived: neither closed nor deleted nor gone.';
COMMENT ON COLUMN intake.day_figures.answered_on_day IS 'Errands answered on this day, whenever they arrived: the work done on it.';
COMMENT ON COLUMN intake.day_figures.sla_count IS 'Of those that arrived and are not deleted: those whose SLA Cention has computed.';
COMMENT ON COLUMN intake.day_figures.within_sla_count IS 'Of sla_count: handled within the SLA.';
COMMENT ON COLUMN intake.day_figures.within_sla_share IS 'within_sla_count / sla_count, from 0 to 1; null if there is none. Over several days divide the sums.';
COMMENT ON COLUMN intake.day_figures.avg_handling_time_min IS 'Average total handling time in minutes, of those that arrived, are closed and not deleted.';
COMMENT ON COLUMN intake.day_figures.median_handling_time_min IS 'Median of the same.';
COMMENT ON COLUMN intake.day_figures.avg_response_time_min IS 'Average total response time in minutes, of those that arrived, are answered and not deleted.';
COMMENT ON COLUMN intake.day_figures.median_response_time_min IS 'Median of the same.';
COMMENT ON COLUMN intake.day_figures.feedback_count IS 'Ratings of satisfaction given to those that arrived and are not deleted.';
COMMENT ON COLUMN intake.day_figures.avg_feedback_value IS 'Average of these ratings; null for none.';
