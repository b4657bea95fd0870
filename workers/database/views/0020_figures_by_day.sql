-- Figures of errands by day and week, from analyst.errand_metrics. Deleted errands are left out. Tables of the same names
-- in schema intake keep the rows of what is computed.
-- Each day and week is looked up by index. GROUPING SETS and WITH queries that are read twice would compute all of
-- them, as PostgreSQL before 18 takes no condition below the first, and none below the second.
DROP VIEW IF EXISTS
    analyst.response_time_day, analyst.sla_day, analyst.channel_day, analyst.tag_trend_week,
    intake.response_time_day_computed, intake.sla_day_computed, intake.channel_day_computed,
    intake.tag_trend_week_computed;

CREATE VIEW intake.response_time_day_computed AS
SELECT m.workspace,
       m.arrived_on AS day,
       g.grouped_by, g.area_id, g.service_id, g.agent_id,
       count(*) AS n,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min)::numeric, 2) AS median_min,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min)::numeric, 2) AS p90_min,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY m.first_response_min)::numeric, 2) AS p95_min,
       round(avg((m.first_response_min <= 60)::integer), 4) AS within_1_hour_share,
       round(avg((m.first_response_min <= 240)::integer), 4) AS within_4_hours_share,
       round(avg((m.first_response_min <= 1440)::integer), 4) AS within_1_day_share,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_business_min)::numeric, 2) AS median_business_min,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_business_min)::numeric, 2) AS p90_business_min,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY m.first_response_business_min)::numeric, 2) AS p95_business_min,
       round(avg((m.first_response_business_min <= 60)::integer), 4) AS within_1_business_hour_share,
       round(avg((m.first_response_business_min <= 240)::integer), 4) AS within_4_business_hours_share
FROM analyst.errand_metrics AS m
CROSS JOIN LATERAL (VALUES
    ('all', NULL::bigint, NULL::bigint, NULL::bigint), ('area', m.area_id, NULL, NULL), ('channel', NULL, m.service_id, NULL),
    ('agent', NULL, NULL, m.agent_id)
) AS g (grouped_by, area_id, service_id, agent_id)
WHERE m.first_response_min IS NOT NULL AND NOT m.deleted
GROUP BY m.workspace, m.arrived_on, g.grouped_by, g.area_id, g.service_id, g.agent_id;
CREATE VIEW analyst.response_time_day AS
SELECT d.workspace, d.day, d.grouped_by, d.area_id, d.service_id, d.agent_id, d.n, d.median_min, d.p90_min, d.p95_min,
       d.within_1_hour_share, d.within_4_hours_share, d.within_1_day_share, d.median_business_min,
       d.p90_business_min, d.p95_business_min, d.within_1_business_hour_share, d.within_4_business_hours_share
FROM intake.response_time_day AS d;
COMMENT ON VIEW analyst.response_time_day IS 'Times to the first answer of the errands that arrived on a day: one row for all, and one for each area, channel and agent. Percentiles of several days or groups cannot be combined: compute them from analyst.errand_metrics. Key: workspace, day, grouped_by, area_id, service_id, agent_id.';
COMMENT ON COLUMN analyst.response_time_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.response_time_day.day IS 'Day of arrival in the workspace''s time zone.';
COMMENT ON COLUMN analyst.response_time_day.grouped_by IS 'all, area, channel or agent: choose one, or errands count several times.';
COMMENT ON COLUMN analyst.response_time_day.area_id IS 'Area, where grouped_by is area; null: errands without.';
COMMENT ON COLUMN analyst.response_time_day.service_id IS 'Channel, where grouped_by is channel; null: none, or another grouping.';
COMMENT ON COLUMN analyst.response_time_day.agent_id IS 'Agent it is assigned to now, where grouped_by is agent; null: errands without.';
COMMENT ON COLUMN analyst.response_time_day.n IS 'Number of errands that were answered by now.';
COMMENT ON COLUMN analyst.response_time_day.median_min IS 'Median of first_response_min.';
COMMENT ON COLUMN analyst.response_time_day.p90_min IS '90 percent of them were answered within this time.';
COMMENT ON COLUMN analyst.response_time_day.p95_min IS '95 percent of them were answered within this time.';
COMMENT ON COLUMN analyst.response_time_day.within_1_hour_share IS 'Share of n that was answered within an hour, from 0 to 1.';
COMMENT ON COLUMN analyst.response_time_day.within_4_hours_share IS 'The same within 4 hours.';
COMMENT ON COLUMN analyst.response_time_day.within_1_day_share IS 'The same within 24 hours.';
COMMENT ON COLUMN analyst.response_time_day.median_business_min IS 'Median of first_response_business_min.';
COMMENT ON COLUMN analyst.response_time_day.p90_business_min IS '90 percent of them were answered within this time of opening hours.';
COMMENT ON COLUMN analyst.response_time_day.p95_business_min IS '95 percent of them were answered within this time of opening hours.';
COMMENT ON COLUMN analyst.response_time_day.within_1_business_hour_share IS 'Share of n that was answered within one opening hour.';
COMMENT ON COLUMN analyst.response_time_day.within_4_business_hours_share IS 'The same within 4 opening hours.';

CREATE VIEW intake.sla_day_computed AS
SELECT m.workspace, m.arrived_on AS day, m.area_id, m.service_id,
       count(*) AS arrived, count(m.sla_breached) AS n, count(*) FILTER (WHERE m.sla_breached) AS breached,
       round(avg(m.sla_breached::integer), 4) AS breached_share
FROM analyst.errand_metrics AS m
WHERE NOT m.deleted
GROUP BY m.workspace, m.arrived_on, m.area_id, m.service_id;
CREATE VIEW analyst.sla_day AS
SELECT d.workspace, d.day, d.area_id, d.service_id, d.arrived, d.n, d.breached, d.breached_share
FROM intake.sla_day AS d;
COMMENT ON VIEW analyst.sla_day IS 'SLA of the errands that arrived on a day, by area and channel. Key: workspace, day, area_id, service_id.';
COMMENT ON COLUMN analyst.sla_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.sla_day.day IS 'Day of arrival in the workspace''s time zone; null if Cention never reported it.';
COMMENT ON COLUMN analyst.sla_day.area_id IS 'Area they are in now; null: none.';
COMMENT ON COLUMN analyst.sla_day.service_id IS 'Channel; null: none.';
COMMENT ON COLUMN analyst.sla_day.arrived IS 'Errands that arrived.';
COMMENT ON COLUMN analyst.sla_day.n IS 'Of these: those whose SLA Cention has computed.';
COMMENT ON COLUMN analyst.sla_day.breached IS 'Of n: those not within the SLA.';
COMMENT ON COLUMN analyst.sla_day.breached_share IS 'breached / n, from 0 to 1; null without any. Over several days divide the sums.';

CREATE VIEW intake.channel_day_computed AS
SELECT m.workspace, m.arrived_on AS day, m.service_id,
       count(*) AS arrived, count(m.first_response_min) AS n,
       count(m.resolved_at) AS resolved, count(*) FILTER (WHERE m.reopening_count > 0) AS reopened,
       count(*) FILTER (WHERE m.one_touch) AS one_touch,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min)::numeric, 2) AS median_first_response_min,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_business_min)::numeric, 2)
           AS median_first_response_business_min,
       count(m.csat_score) AS csat_n,
       round(avg((m.csat_score >= m.csat_highest - 1)::integer), 4) AS satisfied_share
FROM analyst.errand_metrics AS m
WHERE NOT m.deleted
GROUP BY m.workspace, m.arrived_on, m.service_id;
CREATE VIEW analyst.channel_day AS
SELECT d.workspace, d.day, d.service_id, s.name AS service_name, d.arrived, d.n, d.resolved, d.reopened, d.one_touch,
       d.median_first_response_min, d.median_first_response_business_min, d.csat_n, d.satisfied_share
FROM intake.channel_day AS d
LEFT JOIN cention.service AS s ON (s.workspace, s.service_id) = (d.workspace, d.service_id);
COMMENT ON VIEW analyst.channel_day IS 'Errands that arrived on a day, by channel, and what has become of them. Key: workspace, day, service_id.';
COMMENT ON COLUMN analyst.channel_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.channel_day.day IS 'Day of arrival in the workspace''s time zone; null if Cention never reported it.';
COMMENT ON COLUMN analyst.channel_day.service_id IS 'Channel; null: none.';
COMMENT ON COLUMN analyst.channel_day.service_name IS 'Name of the channel.';
COMMENT ON COLUMN analyst.channel_day.arrived IS 'Errands that arrived.';
COMMENT ON COLUMN analyst.channel_day.n IS 'Of these: answered by now, with known time of arrival. The n of both medians.';
COMMENT ON COLUMN analyst.channel_day.resolved IS 'Of these: closed now.';
COMMENT ON COLUMN analyst.channel_day.reopened IS 'Of these: reopened at least once.';
COMMENT ON COLUMN analyst.channel_day.one_touch IS 'Of resolved: with one answer, and never reopened.';
COMMENT ON COLUMN analyst.channel_day.median_first_response_min IS 'Median of first_response_min.';
COMMENT ON COLUMN analyst.channel_day.median_first_response_business_min IS 'Median of first_response_business_min.';
COMMENT ON COLUMN analyst.channel_day.csat_n IS 'Errands with a csat score of our survey.';
COMMENT ON COLUMN analyst.channel_day.satisfied_share IS 'Share of csat_n with one of the two best scores, from 0 to 1; null without any.';

CREATE VIEW intake.tag_trend_week_computed AS
SELECT w.workspace, s.monday::date AS week, t.tag_id, t.errands, n.n,
       round(t.errands::numeric / n.n, 4) AS errand_share, nullif(t.errands_before, 0) AS errands_before
FROM cention.workspace AS w
CROSS JOIN LATERAL (
    SELECT min(m.arrived_on)::timestamp AS first_day, max(m.arrived_on)::timestamp AS last_day
    FROM analyst.errand_metrics AS m WHERE m.workspace = w.workspace
) AS known
CROSS JOIN LATERAL generate_series(date_trunc('week', known.first_day), known.last_day, interval '7 days') AS s (monday)
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM analyst.errand_metrics AS m
    WHERE m.workspace = w.workspace AND m.arrived_on >= s.monday::date AND m.arrived_on < s.monday::date + 7
      AND NOT m.deleted
) AS n
CROSS JOIN LATERAL (
    SELECT x.tag_id, count(*) FILTER (WHERE m.arrived_on >= s.monday::date) AS errands,
           count(*) FILTER (WHERE m.arrived_on < s.monday::date) AS errands_before
    FROM analyst.errand_metrics AS m
    CROSS JOIN LATERAL (
        SELECT y.tag_id FROM cention.errand_tag AS y WHERE (y.workspace, y.errand_id) = (m.workspace, m.errand_id) OFFSET 0
    ) AS x
    WHERE m.workspace = w.workspace AND m.arrived_on >= s.monday::date - 7 AND m.arrived_on < s.monday::date + 7
      AND NOT m.deleted
    GROUP BY x.tag_id
) AS t
WHERE t.errands > 0;
CREATE VIEW analyst.tag_trend_week AS
SELECT d.workspace, d.week, d.tag_id, tag.name AS tag_name, d.errands, d.n, d.errand_share, d.errands_before
FROM intake.tag_trend_week AS d
LEFT JOIN cention.tag ON (tag.workspace, tag.tag_id) = (d.workspace, d.tag_id);
COMMENT ON VIEW analyst.tag_trend_week IS 'Errands that arrived in a week, by the tags that they carry now; an errand with several tags counts under each. Key: workspace, week, tag_id.';
COMMENT ON COLUMN analyst.tag_trend_week.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.tag_trend_week.week IS 'Monday of the week of arrival.';
COMMENT ON COLUMN analyst.tag_trend_week.tag_id IS 'Tag; null: untagged.';
COMMENT ON COLUMN analyst.tag_trend_week.tag_name IS 'Name of the tag.';
COMMENT ON COLUMN analyst.tag_trend_week.errands IS 'Errands with this tag.';
COMMENT ON COLUMN analyst.tag_trend_week.n IS 'All errands that arrived in the week, with or without tags.';
COMMENT ON COLUMN analyst.tag_trend_week.errand_share IS 'errands / n, from 0 to 1.';
COMMENT ON COLUMN analyst.tag_trend_week.errands_before IS 'Errands with this tag in the week before; null for none.';
