-- What the page Figures and the weekly report add up over the days of a period. A table of the same name in schema
-- intake keeps the rows of what is computed.
DROP VIEW IF EXISTS analyst.summary_day, intake.summary_day_computed;

CREATE OR REPLACE FUNCTION intake.time_class(minutes numeric) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE WHEN minutes > 0 THEN floor(ln(1 + minutes::float8) / ln(1.04::float8))::integer WHEN minutes <= 0 THEN 0 END;
COMMENT ON FUNCTION intake.time_class IS 'The class of a time in minutes: class k has the times from 1.04^k - 1 to 1.04^(k + 1) - 1 minutes.';

CREATE OR REPLACE FUNCTION analyst.time_of_class(class integer) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN 1.02 * 1.04::float8 ^ class - 1;
COMMENT ON FUNCTION analyst.time_of_class IS 'Minutes in the middle of a class of times: at most 2 percent, and at most 0.02 minutes more, from each time in it.';

CREATE OR REPLACE FUNCTION analyst.time_between(low integer, high integer, place numeric) RETURNS float8
LANGUAGE sql IMMUTABLE
RETURN analyst.time_of_class(low) + (place - floor(place))::float8 * (analyst.time_of_class(high) - analyst.time_of_class(low));
COMMENT ON FUNCTION analyst.time_between IS 'Minutes of a percentile that lies at a place, counted from 0, between two times of which the classes are known.';

-- From the days to their rows by indexes, so that a day is as quick as it is small. Days are those of the periods that
-- are asked for: from midnight to midnight by the clock of the workspace.
CREATE VIEW intake.summary_day_computed AS
SELECT w.workspace, one.day, f.*
FROM cention.workspace AS w
CROSS JOIN LATERAL (SELECT coalesce(w.timezone, 'UTC') AS zone) AS clock
CROSS JOIN LATERAL (
    SELECT min(x.first)::timestamp AS first_day, max(x.last)::timestamp AS last_day
    FROM (
        SELECT min(m.arrived_on), max(m.arrived_on) FROM analyst.errand_metrics AS m WHERE m.workspace = w.workspace
        UNION ALL
        SELECT (min(m.resolved_at) AT TIME ZONE clock.zone)::date, (max(m.resolved_at) AT TIME ZONE clock.zone)::date
        FROM analyst.errand_metrics AS m WHERE m.workspace = w.workspace AND m.resolved_at < '2099-01-01 UTC'
        UNION ALL
        SELECT (min(r.responded_at) AT TIME ZONE clock.zone)::date, (max(r.responded_at) AT TIME ZONE clock.zone)::date
        FROM analyst.errand_response AS r WHERE r.workspace = w.workspace AND r.responded_at < '2099-01-01 UTC'
        UNION ALL
        SELECT (min(o.closed_at) AT TIME ZONE clock.zone)::date, (max(o.closed_at) AT TIME ZONE clock.zone)::date
        FROM analyst.reopening AS o WHERE o.workspace = w.workspace AND o.closed_at < '2099-01-01 UTC'
        UNION ALL
        SELECT (min(o.reopened_at) AT TIME ZONE clock.zone)::date, (max(o.reopened_at) AT TIME ZONE clock.zone)::date
        FROM analyst.reopening AS o WHERE o.workspace = w.workspace AND o.reopened_at < '2099-01-01 UTC'
    ) AS x (first, last)
) AS known
CROSS JOIN LATERAL generate_series(known.first_day, known.last_day, interval '1 day') AS d (midnight)
CROSS JOIN LATERAL (
    SELECT d.midnight::date AS day, d.midnight AT TIME ZONE clock.zone AS from_at,
           (d.midnight + interval '1 day') AT TIME ZONE clock.zone AS to_at
) AS one
CROSS JOIN LATERAL (
    WITH event AS MATERIALIZED (
        SELECT 'arrived' AS what, m.area_id, m.service_id, m.agent_id, m.first_response_min AS calendar_min,
               m.first_response_business_min AS business_min, NOT m.sla_breached AS good, NULL::integer AS hour
        FROM analyst.errand_metrics AS m
        WHERE m.workspace = w.workspace AND m.arrived_on = one.day AND NOT m.deleted
        UNION ALL
        SELECT 'arrived at', CASE WHEN v.found THEN v.area_id ELSE m.area_id END, m.service_id, NULL, NULL, NULL, NULL,
               extract(hour FROM m.arrived_at AT TIME ZONE clock.zone)::integer
        FROM analyst.errand_metrics AS m
        LEFT JOIN LATERAL (
            SELECT true AS found, e.area_id FROM cention.errand_version AS e
            WHERE (e.workspace, e.errand_id) = (m.workspace, m.errand_id)
            ORDER BY e.valid_from LIMIT 1
        ) AS v ON true
        WHERE m.workspace = w.workspace AND m.arrived_on = one.day
        UNION ALL
        SELECT 'response', r.area_id, m.service_id, r.agent_id, NULL, NULL,
               CASE WHEN r.position = m.response_count AND m.csat_score IS NOT NULL AND NOT m.deleted
                    THEN coalesce(m.csat_score >= m.csat_highest - 1, false) END, NULL
        FROM analyst.errand_response AS r
        LEFT JOIN analyst.errand_metrics AS m ON (m.workspace, m.errand_id) = (r.workspace, r.errand_id)
        WHERE r.workspace = w.workspace AND r.responded_at >= one.from_at AND r.responded_at < one.to_at
        UNION ALL
        SELECT 'resolved', m.area_id, m.service_id, m.agent_id, m.final_resolution_min, m.final_resolution_business_min,
               NULL, NULL
        FROM analyst.errand_metrics AS m
        WHERE m.workspace = w.workspace AND m.resolved_at >= one.from_at AND m.resolved_at < one.to_at
        UNION ALL
        SELECT 'closed and reopened', o.area_id, m.service_id, o.agent_id, NULL, NULL, NULL, NULL
        FROM analyst.reopening AS o
        LEFT JOIN analyst.errand_metrics AS m ON (m.workspace, m.errand_id) = (o.workspace, o.errand_id)
        WHERE o.workspace = w.workspace AND o.closed_at >= one.from_at AND o.closed_at < one.to_at
        UNION ALL
        SELECT 'reopened', o.area_id, m.service_id, o.agent_id, NULL, NULL, NULL, NULL
        FROM analyst.reopening AS o
        LEFT JOIN analyst.errand_metrics AS m ON (m.workspace, m.errand_id) = (o.workspace, o.errand_id)
        WHERE o.workspace = w.workspace AND o.reopened_at >= one.from_at AND o.reopened_at < one.to_at
        UNION ALL
        SELECT 'repeated', c.area_id, m.service_id, m.agent_id, NULL, NULL, NULL, NULL
        FROM analyst.repeat_contact AS c
        LEFT JOIN analyst.errand_metrics AS m ON (m.workspace, m.errand_id) = (c.workspace, c.errand_id)
        WHERE c.workspace = w.workspace AND c.within_7_days AND c.arrived_at >= one.from_at AND c.arrived_at < one.to_at
    ), counted AS (
        SELECT g.grouped_by, g.id,
               count(*) FILTER (WHERE e.what = 'arrived') AS arrived,
               count(e.calendar_min) FILTER (WHERE e.what = 'arrived') AS first_response_n,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.calendar_min <= 60) AS within_1_hour,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.calendar_min <= 240) AS within_4_hours,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.calendar_min <= 1440) AS within_1_day,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.business_min <= 60) AS within_1_business_hour,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.business_min <= 240) AS within_4_business_hours,
               count(e.good) FILTER (WHERE e.what = 'arrived') AS sla_n,
               count(*) FILTER (WHERE e.what = 'arrived' AND e.good) AS within_sla,
               count(*) FILTER (WHERE e.what = 'repeated') AS repeated,
               count(*) FILTER (WHERE e.what = 'response') AS responses,
               count(e.good) FILTER (WHERE e.what = 'response') AS csat_n,
               count(*) FILTER (WHERE e.what = 'response' AND e.good) AS satisfied,
               count(*) FILTER (WHERE e.what = 'resolved') AS resolved,
               count(e.calendar_min) FILTER (WHERE e.what = 'resolved') AS resolution_n,
               count(*) FILTER (WHERE e.what = 'closed and reopened') AS closed_and_reopened,
               count(*) FILTER (WHERE e.what = 'reopened') AS reopened
        FROM event AS e
        CROSS JOIN LATERAL (
            VALUES ('all', NULL::bigint), ('area', e.area_id), ('channel', e.service_id), ('agent', e.agent_id)
        ) AS g (grouped_by, id)
        WHERE e.what <> 'arrived at' OR g.grouped_by <> 'agent'
        GROUP BY g.grouped_by, g.id
    ), classed AS (
        SELECT g.grouped_by, g.id, c.of, c.class, count(*)::integer AS n
        FROM event AS e
        CROSS JOIN LATERAL (VALUES
            (e.what, intake.time_class(e.calendar_min)), (e.what || ', business', intake.time_class(e.business_min)),
            (e.what, e.hour)
        ) AS c (of, class)
        CROSS JOIN LATERAL (
            VALUES ('all', NULL::bigint), ('area', e.area_id), ('channel', e.service_id), ('agent', e.agent_id)
        ) AS g (grouped_by, id)
        WHERE c.class IS NOT NULL AND (e.what <> 'arrived at' OR g.grouped_by <> 'agent')
        GROUP BY g.grouped_by, g.id, c.of, c.class
    ), listed AS (
        SELECT c.grouped_by, c.id,
               array_agg(c.class ORDER BY c.class) FILTER (WHERE c.of = 'arrived') AS first_response_classes,
               array_agg(c.n ORDER BY c.class) FILTER (WHERE c.of = 'arrived') AS first_response_counts,
               array_agg(c.class ORDER BY c.class) FILTER (WHERE c.of = 'arrived, business')
                   AS first_response_business_classes,
               array_agg(c.n ORDER BY c.class) FILTER (WHERE c.of = 'arrived, business') AS first_response_business_counts,
               array_agg(c.class ORDER BY c.class) FILTER (WHERE c.of = 'resolved') AS resolution_classes,
               array_agg(c.n ORDER BY c.class) FILTER (WHERE c.of = 'resolved') AS resolution_counts,
               array_agg(c.class ORDER BY c.class) FILTER (WHERE c.of = 'resolved, business') AS resolution_business_classes,
               array_agg(c.n ORDER BY c.class) FILTER (WHERE c.of = 'resolved, business') AS resolution_business_counts,
               array_agg(c.class ORDER BY c.class) FILTER (WHERE c.of = 'arrived at') AS arrival_hours,
               array_agg(c.n ORDER BY c.class) FILTER (WHERE c.of = 'arrived at') AS arrival_hour_counts
        FROM classed AS c
        GROUP BY c.grouped_by, c.id
    )
    SELECT n.grouped_by,
           CASE n.grouped_by WHEN 'area' THEN n.id END AS area_id,
           CASE n.grouped_by WHEN 'channel' THEN n.id END AS service_id,
           CASE n.grouped_by WHEN 'agent' THEN n.id END AS agent_id,
           n.arrived, n.first_response_n, n.within_1_hour, n.within_4_hours, n.within_1_day, n.within_1_business_hour,
           n.within_4_business_hours, n.sla_n, n.within_sla, n.repeated, n.responses, n.csat_n, n.satisfied, n.resolved,
           n.resolution_n, n.closed_and_reopened, n.reopened,
           coalesce(l.first_response_classes, '{}') AS first_response_classes,
           coalesce(l.first_response_counts, '{}') AS first_response_counts,
           coalesce(l.first_response_business_classes, '{}') AS first_response_business_classes,
           coalesce(l.first_response_business_counts, '{}') AS first_response_business_counts,
           coalesce(l.resolution_classes, '{}') AS resolution_classes,
           coalesce(l.resolution_counts, '{}') AS resolution_counts,
           coalesce(l.resolution_business_classes, '{}') AS resolution_business_classes,
           coalesce(l.resolution_business_counts, '{}') AS resolution_business_counts,
           coalesce(l.arrival_hours, '{}') AS arrival_hours,
           coalesce(l.arrival_hour_counts, '{}') AS arrival_hour_counts
    FROM counted AS n
    LEFT JOIN listed AS l ON l.grouped_by = n.grouped_by AND l.id IS NOT DISTINCT FROM n.id
) AS f;

CREATE VIEW analyst.summary_day AS
SELECT d.workspace, d.day, d.grouped_by, d.area_id, d.service_id, d.agent_id, d.arrived, d.first_response_n,
       d.within_1_hour, d.within_4_hours, d.within_1_day, d.within_1_business_hour, d.within_4_business_hours, d.sla_n,
       d.within_sla, d.repeated, d.responses, d.csat_n, d.satisfied, d.resolved, d.resolution_n, d.closed_and_reopened,
       d.reopened, d.first_response_classes, d.first_response_counts, d.first_response_business_classes,
       d.first_response_business_counts, d.resolution_classes, d.resolution_counts, d.resolution_business_classes,
       d.resolution_business_counts, d.arrival_hours, d.arrival_hour_counts
FROM intake.summary_day AS d;
COMMENT ON VIEW analyst.summary_day IS 'What can be added up over any days: one row for all, and one for each area, channel and agent of which something happened on the day. Deleted errands are left out where it is not said. Key: workspace, day, grouped_by, area_id, service_id, agent_id.';
COMMENT ON COLUMN analyst.summary_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.summary_day.day IS 'Day in the workspace''s time zone.';
COMMENT ON COLUMN analyst.summary_day.grouped_by IS 'all, area, channel or agent: choose one, or errands count several times.';
COMMENT ON COLUMN analyst.summary_day.area_id IS 'Area, where grouped_by is area; null: errands without.';
COMMENT ON COLUMN analyst.summary_day.service_id IS 'Channel, where grouped_by is channel; null: none, or another grouping.';
COMMENT ON COLUMN analyst.summary_day.agent_id IS 'Agent, where grouped_by is agent; null: errands without.';
COMMENT ON COLUMN analyst.summary_day.arrived IS 'Errands that arrived, by the area and agent that they have now.';
COMMENT ON COLUMN analyst.summary_day.first_response_n IS 'Of arrived: answered by now, with known time of arrival.';
COMMENT ON COLUMN analyst.summary_day.within_1_hour IS 'Of arrived: answered within an hour.';
COMMENT ON COLUMN analyst.summary_day.within_4_hours IS 'Of arrived: answered within 4 hours.';
COMMENT ON COLUMN analyst.summary_day.within_1_day IS 'Of arrived: answered within 24 hours.';
COMMENT ON COLUMN analyst.summary_day.within_1_business_hour IS 'Of arrived: answered within one opening hour.';
COMMENT ON COLUMN analyst.summary_day.within_4_business_hours IS 'Of arrived: answered within 4 opening hours.';
COMMENT ON COLUMN analyst.summary_day.sla_n IS 'Of arrived: those whose SLA Cention has computed.';
COMMENT ON COLUMN analyst.summary_day.within_sla IS 'Of sla_n: those within the SLA.';
COMMENT ON COLUMN analyst.summary_day.repeated IS 'Of arrived: from somebody who had written within 7 days before.';
COMMENT ON COLUMN analyst.summary_day.responses IS 'Answers that were sent on this day, to whatever errands, by the area and agent of then; deleted errands included.';
COMMENT ON COLUMN analyst.summary_day.csat_n IS 'Of responses: last answers to errands with a csat score of our survey.';
COMMENT ON COLUMN analyst.summary_day.satisfied IS 'Of csat_n: with one of the two best scores.';
COMMENT ON COLUMN analyst.summary_day.resolved IS 'Errands that were closed on this day and are closed now, by the area and agent that they have now.';
COMMENT ON COLUMN analyst.summary_day.resolution_n IS 'Of resolved: with known time of arrival.';
COMMENT ON COLUMN analyst.summary_day.closed_and_reopened IS 'Closings of this day after which the errand was reopened, by the area and agent of then; deleted errands included.';
COMMENT ON COLUMN analyst.summary_day.reopened IS 'Reopenings of this day, by the area and agent at the closing before; deleted errands included.';
COMMENT ON COLUMN analyst.summary_day.first_response_classes IS 'Classes of first_response_min that occur among arrived: class k has the times from 1.04^k - 1 to 1.04^(k + 1) - 1 minutes.';
COMMENT ON COLUMN analyst.summary_day.first_response_counts IS 'How many errands each of first_response_classes has.';
COMMENT ON COLUMN analyst.summary_day.first_response_business_classes IS 'Classes of first_response_business_min that occur among arrived.';
COMMENT ON COLUMN analyst.summary_day.first_response_business_counts IS 'How many errands each of first_response_business_classes has.';
COMMENT ON COLUMN analyst.summary_day.resolution_classes IS 'Classes of final_resolution_min that occur among resolved.';
COMMENT ON COLUMN analyst.summary_day.resolution_counts IS 'How many errands each of resolution_classes has.';
COMMENT ON COLUMN analyst.summary_day.resolution_business_classes IS 'Classes of final_resolution_business_min that occur among resolved.';
COMMENT ON COLUMN analyst.summary_day.resolution_business_counts IS 'How many errands each of resolution_business_classes has.';
COMMENT ON COLUMN analyst.summary_day.arrival_hours IS 'Hours of the workspace''s clock, from 0 to 23, in which errands arrived, by the area of then; deleted errands included. Not by agent.';
COMMENT ON COLUMN analyst.summary_day.arrival_hour_counts IS 'How many errands arrived in each of arrival_hours.';
