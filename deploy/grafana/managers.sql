-- name: workspaces
-- One row for every workspace.
SELECT DISTINCT workspace FROM analyst.freshness ORDER BY workspace

-- name: arrived
-- Errands that arrived on these days.
SELECT sum(arrived) AS arrived FROM analyst.channel_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date

-- name: answered
-- Errands that were answered on these days, whenever they arrived.
SELECT sum(answered_on_day) AS answered FROM analyst.area_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date

-- name: open_now
-- Errands that were open at the end of the last of these days that is over.
SELECT sum(open) AS open FROM analyst.backlog_day
WHERE workspace IN (${workspace:sqlstring}) AND day = (
    SELECT max(day) FROM analyst.backlog_day
    WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
)

-- name: within_sla
-- Share within the SLA, of the errands of these days whose SLA Cention has computed.
SELECT 1 - sum(breached)::numeric / nullif(sum(n), 0) AS share FROM analyst.sla_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date

-- name: one_touch
-- Share that was answered once and never reopened, of the errands of these days that are closed.
SELECT sum(one_touch)::numeric / nullif(sum(resolved), 0) AS share FROM analyst.channel_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date

-- name: satisfied
-- Share of the customers who gave one of the two best scores; null without scores.
SELECT sum(satisfied_share * csat_n) / nullif(sum(csat_n), 0) AS share FROM analyst.channel_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date

-- name: freshness
-- One row for every kind of record, those that are not complete and current first.
SELECT workspace, family, state, waiting, parked, unreadable, missing, last_stored_at FROM analyst.freshness
WHERE workspace IN (${workspace:sqlstring})
ORDER BY state = 'fresh', workspace, family

-- name: arrived_and_answered
-- One row for every day.
SELECT day::timestamp AS time, sum(arrived) AS arrived, sum(answered_on_day) AS answered FROM analyst.area_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY day
ORDER BY day

-- name: backlog
-- One row for every day that is over and age.
SELECT day::timestamp AS time, age_band AS metric, sum(open) AS value FROM analyst.backlog_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY day, age_band
ORDER BY day, age_band

-- name: hours
-- One row for every hour of the day: means of the days.
SELECT to_char(h.hour, 'FM00') AS hour, round(sum(h.arrived)::numeric / count(DISTINCT h.day), 1) AS arrived,
       round(sum(h.responses)::numeric / count(DISTINCT h.day), 1) AS responses
FROM analyst.workload_hour AS h
WHERE h.workspace IN (${workspace:sqlstring}) AND h.day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY h.hour
ORDER BY h.hour

-- name: areas
-- One row for every area, the busiest first; the SLA is that of errands which arrived on these days.
SELECT area_name AS area, sum(arrived) AS arrived, sum(answered_on_day) AS answered, sum(open) AS open_now,
       round(100 * sum(within_sla_count)::numeric / nullif(sum(sla_count), 0), 1) AS within_sla_percent
FROM analyst.area_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY area_name
ORDER BY arrived DESC, area

-- name: channels
-- One row for every channel, the busiest first.
SELECT service_name AS channel, sum(arrived) AS arrived, sum(resolved) AS closed, sum(reopened) AS reopened,
       sum(one_touch) AS answered_once
FROM analyst.channel_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY service_name
ORDER BY arrived DESC, channel

-- name: tags
-- One row for every week and tag, the newest week first.
SELECT week, tag_name AS tag, sum(errands) AS errands, sum(errands_before) AS week_before
FROM analyst.tag_trend_week
WHERE workspace IN (${workspace:sqlstring}) AND week BETWEEN $__timeFrom()::date - 6 AND $__timeTo()::date
GROUP BY week, tag_name
ORDER BY week DESC, errands DESC, tag

-- name: first_answer
-- Two rows for every workspace and day: median and 90th percentile, which cannot be combined.
SELECT d.day::timestamp AS time, d.workspace || ', ' || v.name AS metric, v.value
FROM analyst.response_time_day AS d
CROSS JOIN LATERAL (VALUES ('median', d.median_min), ('90 percent', d.p90_min)) AS v (name, value)
WHERE d.workspace IN (${workspace:sqlstring}) AND d.day BETWEEN $__timeFrom()::date AND $__timeTo()::date
  AND d.grouped_by = 'all'
ORDER BY 1, 2

-- name: first_answer_in_opening_hours
-- Likewise, in opening hours.
SELECT d.day::timestamp AS time, d.workspace || ', ' || v.name AS metric, v.value
FROM analyst.response_time_day AS d
CROSS JOIN LATERAL (VALUES ('median', d.median_business_min), ('90 percent', d.p90_business_min)) AS v (name, value)
WHERE d.workspace IN (${workspace:sqlstring}) AND d.day BETWEEN $__timeFrom()::date AND $__timeTo()::date
  AND d.grouped_by = 'all'
ORDER BY 1, 2

-- name: outside_sla
-- One row for every day: the share outside the SLA.
SELECT day::timestamp AS time, sum(breached)::numeric / nullif(sum(n), 0) AS share FROM analyst.sla_day
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY day
ORDER BY day

-- name: answers_of_channels
-- One row for every channel: percentiles of the time to the first answer of errands that arrived on these days.
SELECT n.service_name AS channel, count(*) AS answered,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min)::numeric) AS median_min,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min)::numeric) AS p90_min,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_business_min)::numeric)
           AS p90_business_min
FROM analyst.errand_metrics AS m
LEFT JOIN (
    SELECT DISTINCT workspace, service_id, service_name FROM analyst.channel_day
    WHERE day BETWEEN $__timeFrom()::date AND $__timeTo()::date
) AS n ON (n.workspace, n.service_id) = (m.workspace, m.service_id)
WHERE m.workspace IN (${workspace:sqlstring}) AND m.arrived_on BETWEEN $__timeFrom()::date AND $__timeTo()::date
  AND NOT m.deleted AND m.first_response_min IS NOT NULL
GROUP BY n.service_name
ORDER BY answered DESC, channel

-- name: scores
-- One row for every week and measure: its mean, weighted by the number of answers.
SELECT week::timestamp AS time, measure AS metric, sum(score * n) / nullif(sum(n), 0) AS value
FROM analyst.survey_score_week
WHERE workspace IN (${workspace:sqlstring}) AND week BETWEEN $__timeFrom()::date - 6 AND $__timeTo()::date
  AND measure IS NOT NULL
GROUP BY week, measure
ORDER BY week, measure

-- name: scores_of_areas
-- One row for every area and measure.
SELECT area_name AS area, measure, sum(n) AS answers, round(sum(score * n) / nullif(sum(n), 0), 2) AS score
FROM analyst.survey_score_week
WHERE workspace IN (${workspace:sqlstring}) AND week BETWEEN $__timeFrom()::date - 6 AND $__timeTo()::date
  AND measure IS NOT NULL
GROUP BY area_name, measure
ORDER BY area_name, measure

-- name: invitations
-- One row for every rule, vendor and state.
SELECT rule, vendor, state, count(*) AS invitations, count(answered_at) AS answered FROM analyst.survey_invitation
WHERE workspace IN (${workspace:sqlstring})
  AND event_at BETWEEN $__timeFrom()::timestamptz AND $__timeTo()::timestamptz
GROUP BY rule, vendor, state
ORDER BY rule, vendor, state

-- name: why_not
-- One row for every rule and reason, the most frequent first.
SELECT rule, reason, sum(errands) AS errands FROM analyst.survey_why_not
WHERE workspace IN (${workspace:sqlstring}) AND day BETWEEN $__timeFrom()::date AND $__timeTo()::date
GROUP BY rule, reason
ORDER BY errands DESC, rule, reason
