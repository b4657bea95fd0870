-- How does each area keep its SLA, week by week? The last four weeks, this one included.
-- Shares of several days come from sums: an average of daily shares would let a quiet Sunday count as
-- much as a Monday.
SELECT date_trunc('week', day)::date AS week,
       coalesce(area_name, '(no area)') AS area,
       sum(arrived) AS arrived,
       sum(open) AS still_open,
       round(100 * sum(within_sla_count) / nullif(sum(sla_count), 0)) AS within_sla_percent
FROM analyst.area_day
WHERE day >= date_trunc('week', current_date) - interval '3 weeks'
GROUP BY week, area
ORDER BY week DESC, arrived DESC, area;
