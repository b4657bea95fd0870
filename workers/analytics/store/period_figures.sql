-- name: limit_time
-- Figures that take longer than 8 seconds end with an error; of this transaction only.
SELECT set_config('statement_timeout', '8s', true);

-- name: about
-- What is known of a workspace: its zone, from which day on there are errands, and until which day there is a backlog.
SELECT w.timezone,
       (SELECT min(m.arrived_on) FROM analyst.errand_metrics AS m WHERE m.workspace = w.workspace) AS first_day,
       CASE WHEN p.day IS NOT NULL THEN least(p.day, (
           SELECT min(b.day) - 1 FROM intake.day_due AS b
           WHERE b.workspace = w.workspace AND b.kept = 'backlog_day' AND b.is_new
       )) END AS backlog_day,
       EXISTS (SELECT FROM cention.opening_hours AS h WHERE h.workspace = w.workspace) AS has_opening_hours
FROM cention.workspace AS w
LEFT JOIN intake.metrics_progress AS p USING (workspace)
WHERE w.workspace = %(workspace)s;

-- name: totals
-- The figures of some periods: of errands that arrived in each, of what was answered, closed and reopened in it.
-- Area and agent of an answer and of a reopening are those of then, of an errand those of now; null: all of them.
SELECT period.first, period.last, arrived.*, answered.*, closed.*, undone.*, repeated.*
FROM (
    SELECT given.first, given.last, given.first::timestamp AT TIME ZONE w.timezone AS from_at,
           (given.last + 1)::timestamp AT TIME ZONE w.timezone AS to_at
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
) AS period
CROSS JOIN LATERAL (
    SELECT count(*) AS arrived,
           count(m.first_response_min) AS first_response_n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min) AS first_response_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min) AS first_response_p90,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_business_min) AS first_response_business_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_business_min) AS first_response_business_p90,
           count(*) FILTER (WHERE m.first_response_min <= 60) AS within_1_hour,
           count(*) FILTER (WHERE m.first_response_min <= 240) AS within_4_hours,
           count(*) FILTER (WHERE m.first_response_min <= 1440) AS within_1_day,
           count(*) FILTER (WHERE m.first_response_business_min <= 60) AS within_1_business_hour,
           count(*) FILTER (WHERE m.first_response_business_min <= 240) AS within_4_business_hours,
           count(m.sla_breached) AS sla_n,
           count(*) FILTER (WHERE NOT m.sla_breached) AS within_sla
    FROM analyst.errand_metrics AS m
    WHERE m.workspace = %(workspace)s AND m.arrived_on BETWEEN period.first AND period.last AND NOT m.deleted
      AND (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
) AS arrived
CROSS JOIN LATERAL (
    SELECT count(*) AS responses FROM analyst.errand_response AS r
    WHERE r.workspace = %(workspace)s AND r.responded_at >= period.from_at AND r.responded_at < period.to_at
      AND (%(area_id)s::bigint IS NULL OR r.area_id = %(area_id)s)
      AND (%(agent_id)s::bigint IS NULL OR r.agent_id = %(agent_id)s)
      AND (%(service_id)s::bigint IS NULL OR EXISTS (
          SELECT FROM analyst.errand_metrics AS m
          WHERE (m.workspace, m.errand_id) = (r.workspace, r.errand_id) AND m.service_id = %(service_id)s
      ))
) AS answered
CROSS JOIN LATERAL (
    SELECT count(*) AS resolved,
           count(m.final_resolution_min) AS resolution_n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.final_resolution_min) AS resolution_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.final_resolution_min) AS resolution_p90,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.final_resolution_business_min) AS resolution_business_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.final_resolution_business_min) AS resolution_business_p90
    FROM analyst.errand_metrics AS m
    WHERE m.workspace = %(workspace)s AND m.resolved_at >= period.from_at AND m.resolved_at < period.to_at
      AND (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
) AS closed
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.closed_at >= period.from_at AND r.closed_at < period.to_at) AS closed_and_reopened,
           count(*) FILTER (WHERE r.reopened_at >= period.from_at AND r.reopened_at < period.to_at) AS reopened
    FROM analyst.reopening AS r
    WHERE r.workspace = %(workspace)s
      AND (r.closed_at >= period.from_at AND r.closed_at < period.to_at
           OR r.reopened_at >= period.from_at AND r.reopened_at < period.to_at)
      AND (%(area_id)s::bigint IS NULL OR r.area_id = %(area_id)s)
      AND (%(agent_id)s::bigint IS NULL OR r.agent_id = %(agent_id)s)
      AND (%(service_id)s::bigint IS NULL OR EXISTS (
          SELECT FROM analyst.errand_metrics AS m
          WHERE (m.workspace, m.errand_id) = (r.workspace, r.errand_id) AND m.service_id = %(service_id)s
      ))
) AS undone
CROSS JOIN LATERAL (
    SELECT count(*) AS repeated FROM analyst.repeat_contact AS c
    WHERE c.workspace = %(workspace)s AND c.within_7_days
      AND c.arrived_at >= period.from_at AND c.arrived_at < period.to_at
      AND (%(area_id)s::bigint IS NULL OR c.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL AND %(agent_id)s::bigint IS NULL OR EXISTS (
          SELECT FROM analyst.errand_metrics AS m
          WHERE (m.workspace, m.errand_id) = (c.workspace, c.errand_id)
            AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
            AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
      ))
) AS repeated
ORDER BY period.first, period.last;

-- name: groups
-- The figures of some periods by area or channel, the largest groups of the newest period first.
SELECT period.first, period.last, m.id, coalesce(area.name, service.name) AS name, count(*) AS arrived,
       count(m.first_response_min) AS first_response_n,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min) AS first_response_median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min) AS first_response_p90,
       count(m.sla_breached) AS sla_n,
       count(*) FILTER (WHERE NOT m.sla_breached) AS within_sla
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period (first, last)
JOIN (
    SELECT CASE %(by)s WHEN 'area' THEN one.area_id ELSE one.service_id END AS id, one.* FROM analyst.errand_metrics AS one
) AS m ON m.workspace = %(workspace)s AND m.arrived_on BETWEEN period.first AND period.last AND NOT m.deleted
LEFT JOIN cention.area ON %(by)s = 'area' AND (area.workspace, area.area_id) = (m.workspace, m.id)
LEFT JOIN cention.service ON %(by)s = 'channel' AND (service.workspace, service.service_id) = (m.workspace, m.id)
WHERE (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
  AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
  AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
GROUP BY period.first, period.last, m.id, area.name, service.name
ORDER BY period.first DESC, arrived DESC, m.id;

-- name: tags
-- Errands that arrived in some periods, by the tags that they carry now, as analyst.tag_trend_week counts them; the
-- tags with the most errands of the newest period first.
SELECT period.first, period.last, x.tag_id AS id, tag.name, count(*) AS errands
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period (first, last)
JOIN analyst.errand_metrics AS m
    ON m.workspace = %(workspace)s AND m.arrived_on BETWEEN period.first AND period.last AND NOT m.deleted
JOIN cention.errand_tag AS x ON (x.workspace, x.errand_id) = (m.workspace, m.errand_id)
LEFT JOIN cention.tag AS tag ON (tag.workspace, tag.tag_id) = (x.workspace, x.tag_id)
WHERE (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
  AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
  AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
GROUP BY period.first, period.last, x.tag_id, tag.name
ORDER BY period.first DESC, errands DESC, x.tag_id;

-- name: agents
-- What each agent answered in some periods, and how satisfied customers were, as analyst.agent_week counts them: a
-- score belongs to the agent and the time of the errand's last answer. The newest period and the most answers first.
SELECT period.first, period.last, r.agent_id AS id, agent.name, count(*) AS responses,
       count(DISTINCT r.errand_id) AS errands, count(m.csat_score) AS csat_n,
       count(*) FILTER (WHERE m.csat_score >= m.csat_highest - 1) AS satisfied,
       analyst.wilson_low(count(*) FILTER (WHERE m.csat_score >= m.csat_highest - 1), count(m.csat_score)) AS low,
       analyst.wilson_high(count(*) FILTER (WHERE m.csat_score >= m.csat_highest - 1), count(m.csat_score)) AS high
FROM (
    SELECT given.first, given.last, given.first::timestamp AT TIME ZONE w.timezone AS from_at,
           (given.last + 1)::timestamp AT TIME ZONE w.timezone AS to_at
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
) AS period
JOIN analyst.errand_response AS r
    ON r.workspace = %(workspace)s AND r.responded_at >= period.from_at AND r.responded_at < period.to_at
LEFT JOIN analyst.errand_metrics AS m
    ON (m.workspace, m.errand_id, m.response_count) = (r.workspace, r.errand_id, r.position)
    AND m.csat_score IS NOT NULL AND NOT m.deleted
LEFT JOIN cention.agent AS agent ON (agent.workspace, agent.agent_id) = (r.workspace, r.agent_id)
WHERE (%(area_id)s::bigint IS NULL OR r.area_id = %(area_id)s)
  AND (%(agent_id)s::bigint IS NULL OR r.agent_id = %(agent_id)s)
  AND (%(service_id)s::bigint IS NULL OR EXISTS (
      SELECT FROM analyst.errand_metrics AS e
      WHERE (e.workspace, e.errand_id) = (r.workspace, r.errand_id) AND e.service_id = %(service_id)s
  ))
GROUP BY period.first, period.last, r.agent_id, agent.name
ORDER BY period.first DESC, responses DESC, r.agent_id;

-- name: backlog
-- Errands that were open at the end of some days, by age, of the area they were in and the agent they had then.
SELECT day, age_band, sum(open)::bigint AS open, min(oldest_at) AS oldest_at
FROM analyst.backlog_day
WHERE workspace = %(workspace)s AND day = ANY(%(lasts)s::date[])
  AND (%(area_id)s::bigint IS NULL OR area_id = %(area_id)s)
  AND (%(agent_id)s::bigint IS NULL OR agent_id = %(agent_id)s)
GROUP BY day, age_band
ORDER BY day, age_band;

-- name: backlog_by_area
-- Errands that were open at the end of a day, by the area they were in then.
SELECT b.area_id AS id, a.name, sum(b.open)::bigint AS open
FROM analyst.backlog_day AS b
LEFT JOIN cention.area AS a USING (workspace, area_id)
WHERE b.workspace = %(workspace)s AND b.day = %(day)s
GROUP BY b.area_id, a.name
ORDER BY b.area_id;

-- name: arrivals_by_hour
-- Arrivals of a period by weekday (1 is Monday) and hour of the workspace's clock, of the area they were in then.
SELECT weekday, hour, sum(arrived)::bigint AS arrived
FROM analyst.workload_hour
WHERE workspace = %(workspace)s AND day BETWEEN %(first)s::date AND %(last)s::date AND arrived > 0
  AND (%(area_id)s::bigint IS NULL OR area_id = %(area_id)s)
  AND (%(service_id)s::bigint IS NULL OR service_id = %(service_id)s)
GROUP BY weekday, hour
ORDER BY weekday, hour;

-- name: scores
-- Verified scores by the period of the event that was asked about, as analyst.survey_score_week counts them, of
-- all rules and vendors together. A score of csat is a share, one of nps from -100 to 100.
WITH counted AS (
    SELECT period.first, period.last, a.kind, a.lowest, a.highest, count(*) AS n,
           count(*) FILTER (WHERE a.number >= a.highest - 1) AS satisfied,
           count(*) FILTER (WHERE a.number >= 9)::numeric / count(*) AS promoters,
           count(*) FILTER (WHERE a.number <= 6)::numeric / count(*) AS detractors
    FROM (
        SELECT s.kind, s.lowest, s.highest, s.number,
               coalesce(s.event_at, f.started_at) AT TIME ZONE coalesce(w.timezone, 'UTC') AS at
        FROM analyst.survey_answer AS s
        JOIN feedback.session AS f USING (workspace, session_id)
        LEFT JOIN cention.workspace AS w USING (workspace)
        WHERE s.workspace = %(workspace)s AND s.verified AND s.number IS NOT NULL AND s.kind IN ('csat', 'nps')
          AND (%(area_id)s::bigint IS NULL OR s.area_id = %(area_id)s)
          AND (%(service_id)s::bigint IS NULL OR s.service_id = %(service_id)s)
          AND (%(agent_id)s::bigint IS NULL OR s.agent_id = %(agent_id)s)
    ) AS a
    JOIN unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period (first, last)
        ON a.at >= period.first AND a.at < period.last + 1
    GROUP BY period.first, period.last, a.kind, a.lowest, a.highest
)
SELECT c.first, c.last, c.kind, c.lowest, c.highest, c.n, score.value, score.low, score.high
FROM counted AS c
CROSS JOIN LATERAL (
    SELECT c.satisfied::numeric / c.n AS value, analyst.wilson_low(c.satisfied, c.n) AS low,
           analyst.wilson_high(c.satisfied, c.n) AS high
    WHERE c.kind = 'csat'
    UNION ALL
    SELECT 100 * nps.net, greatest(100 * (nps.net - nps.margin), -100), least(100 * (nps.net + nps.margin), 100)
    FROM (
        SELECT c.promoters - c.detractors AS net,
               1.96 * sqrt((c.promoters + c.detractors - (c.promoters - c.detractors) ^ 2) / c.n) AS margin
    ) AS nps
    WHERE c.kind = 'nps'
) AS score
ORDER BY c.first, c.last, c.kind, c.n DESC, c.lowest, c.highest;

-- name: freshness
-- Whether errands are complete, until when their changes are known, and what is still on its way.
SELECT family, state, coalesce(waiting, 0) AS waiting, coalesce(missing, 0) AS missing, parked + unreadable AS stuck, oldest_waiting_at,
       last_successful_poll_at
FROM analyst.freshness
WHERE workspace = %(workspace)s AND family IN ('errand_reports', 'callbacks', 'figures')
ORDER BY family;

-- name: is_unready
-- Whether all figures are being computed again, or the backlog of a day of the period is not computed.
SELECT EXISTS (
    SELECT FROM intake.figure_state AS f WHERE f.workspace = %(workspace)s AND f.everything_since_at IS NOT NULL
) OR EXISTS (
    SELECT FROM intake.metrics_progress AS p
    WHERE p.workspace = %(workspace)s AND coalesce(p.day < %(last)s::date, true)
) OR EXISTS (
    SELECT FROM intake.day_due AS b
    WHERE b.workspace = %(workspace)s AND b.kept = 'backlog_day' AND b.day BETWEEN %(first)s::date AND %(last)s::date
);

-- name: figures_due
-- Whether figures are still to be computed from what is stored.
SELECT oldest_waiting_at IS NOT NULL OR everything_since_at IS NOT NULL AS due
FROM intake.figure_state WHERE workspace = %(workspace)s;
