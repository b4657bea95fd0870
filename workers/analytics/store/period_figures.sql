-- name: limit_time
-- The next statement of this transaction ends with an error when 8 seconds have passed since the transaction began.
SELECT set_config(
    'statement_timeout',
    greatest(ceil(8000 - 1000 * extract(epoch FROM clock_timestamp() - transaction_timestamp())), 1)::integer || 'ms', true
);

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

-- name: counts
-- What was counted in some periods: of errands that arrived in each, of what was answered, closed and reopened in it.
-- Area and agent of an answer and of a reopening are those of then, of an errand those of now; null: all of them.
SELECT period.first, period.last, counted.*
FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period (first, last)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.arrived), 0)::bigint AS arrived,
           coalesce(sum(d.first_response_n), 0)::bigint AS first_response_n,
           coalesce(sum(d.within_1_hour), 0)::bigint AS within_1_hour,
           coalesce(sum(d.within_4_hours), 0)::bigint AS within_4_hours,
           coalesce(sum(d.within_1_day), 0)::bigint AS within_1_day,
           coalesce(sum(d.within_1_business_hour), 0)::bigint AS within_1_business_hour,
           coalesce(sum(d.within_4_business_hours), 0)::bigint AS within_4_business_hours,
           coalesce(sum(d.sla_n), 0)::bigint AS sla_n,
           coalesce(sum(d.within_sla), 0)::bigint AS within_sla,
           coalesce(sum(d.responses), 0)::bigint AS responses,
           coalesce(sum(d.resolved), 0)::bigint AS resolved,
           coalesce(sum(d.resolution_n), 0)::bigint AS resolution_n,
           coalesce(sum(d.closed_and_reopened), 0)::bigint AS closed_and_reopened,
           coalesce(sum(d.reopened), 0)::bigint AS reopened,
           coalesce(sum(d.repeated), 0)::bigint AS repeated
    FROM analyst.summary_day AS d
    WHERE d.workspace = %(workspace)s AND d.day BETWEEN period.first AND period.last AND d.grouped_by = %(grouped_by)s
      AND (%(area_id)s::bigint IS NULL OR d.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR d.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR d.agent_id = %(agent_id)s)
) AS counted
ORDER BY period.first, period.last;

-- name: counts_of_errands
-- The same from the errands themselves, for two filters or more, by which no days are kept.
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
    SELECT count(*) AS resolved, count(m.final_resolution_min) AS resolution_n
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

-- name: times
-- Percentiles of times in some periods: exact where a period has few first answers and closings, and where no days are
-- kept by the filters; else from the classes of times, at most 2 percent off.
WITH period AS MATERIALIZED (
    SELECT given.first, given.last, given.first::timestamp AT TIME ZONE w.timezone AS from_at,
           (given.last + 1)::timestamp AT TIME ZONE w.timezone AS to_at,
           %(grouped_by)s::text IS NULL OR (
               SELECT coalesce(sum(d.first_response_n + d.resolution_n), 0) FROM analyst.summary_day AS d
               WHERE d.workspace = %(workspace)s AND d.day BETWEEN given.first AND given.last AND d.grouped_by = 'all'
           ) <= %(exact)s AS is_exact
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
)
SELECT period.first, period.last, period.is_exact AS times_exact,
       CASE WHEN period.is_exact THEN answered.n ELSE coalesce(classed.first_response_n, 0) END AS first_response_n,
       coalesce(answered.median, classed.first_response_median) AS first_response_median,
       coalesce(answered.p90, classed.first_response_p90) AS first_response_p90,
       coalesce(answered.business_median, classed.first_response_business_median) AS first_response_business_median,
       coalesce(answered.business_p90, classed.first_response_business_p90) AS first_response_business_p90,
       coalesce(closed.median, classed.resolution_median) AS resolution_median,
       coalesce(closed.p90, classed.resolution_p90) AS resolution_p90,
       coalesce(closed.business_median, classed.resolution_business_median) AS resolution_business_median,
       coalesce(closed.business_p90, classed.resolution_business_p90) AS resolution_business_p90
FROM period
CROSS JOIN LATERAL (
    SELECT count(m.first_response_min) AS n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min) AS p90,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_business_min) AS business_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_business_min) AS business_p90
    FROM analyst.errand_metrics AS m
    WHERE period.is_exact
      AND m.workspace = %(workspace)s AND m.arrived_on BETWEEN period.first AND period.last AND NOT m.deleted
      AND (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
) AS answered
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m.final_resolution_min) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.final_resolution_min) AS p90,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.final_resolution_business_min) AS business_median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.final_resolution_business_min) AS business_p90
    FROM analyst.errand_metrics AS m
    WHERE period.is_exact
      AND m.workspace = %(workspace)s AND m.resolved_at >= period.from_at AND m.resolved_at < period.to_at
      AND (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
) AS closed
CROSS JOIN LATERAL (
    SELECT max(f.n) FILTER (WHERE f.of = 1)::bigint AS first_response_n,
           max(f.minutes) FILTER (WHERE f.of = 1 AND f.part = 0.5) AS first_response_median,
           max(f.minutes) FILTER (WHERE f.of = 1 AND f.part = 0.9) AS first_response_p90,
           max(f.minutes) FILTER (WHERE f.of = 2 AND f.part = 0.5) AS first_response_business_median,
           max(f.minutes) FILTER (WHERE f.of = 2 AND f.part = 0.9) AS first_response_business_p90,
           max(f.minutes) FILTER (WHERE f.of = 3 AND f.part = 0.5) AS resolution_median,
           max(f.minutes) FILTER (WHERE f.of = 3 AND f.part = 0.9) AS resolution_p90,
           max(f.minutes) FILTER (WHERE f.of = 4 AND f.part = 0.5) AS resolution_business_median,
           max(f.minutes) FILTER (WHERE f.of = 4 AND f.part = 0.9) AS resolution_business_p90
    FROM (
        SELECT r.of, p.part, max(r.n) AS n, analyst.time_between(
                   min(r.class) FILTER (WHERE r.up_to > floor(p.part * (r.n - 1))),
                   min(r.class) FILTER (WHERE r.up_to > ceil(p.part * (r.n - 1))), max(p.part * (r.n - 1))
               ) AS minutes
        FROM (
            SELECT t.of, c.class, sum(sum(c.n)) OVER (PARTITION BY t.of ORDER BY c.class) AS up_to,
                   sum(sum(c.n)) OVER (PARTITION BY t.of) AS n
            FROM analyst.summary_day AS d
            CROSS JOIN LATERAL (VALUES
                (1, d.first_response_classes, d.first_response_counts),
                (2, d.first_response_business_classes, d.first_response_business_counts),
                (3, d.resolution_classes, d.resolution_counts),
                (4, d.resolution_business_classes, d.resolution_business_counts)
            ) AS t (of, classes, counts)
            CROSS JOIN LATERAL unnest(t.classes, t.counts) AS c (class, n)
            WHERE NOT period.is_exact AND d.workspace = %(workspace)s AND d.day BETWEEN period.first AND period.last
              AND d.grouped_by = %(grouped_by)s
              AND (%(area_id)s::bigint IS NULL OR d.area_id = %(area_id)s)
              AND (%(service_id)s::bigint IS NULL OR d.service_id = %(service_id)s)
              AND (%(agent_id)s::bigint IS NULL OR d.agent_id = %(agent_id)s)
            GROUP BY t.of, c.class
        ) AS r
        CROSS JOIN (VALUES (0.5), (0.9)) AS p (part)
        GROUP BY r.of, p.part
    ) AS f
) AS classed
ORDER BY period.first, period.last;

-- name: groups
-- The figures of some periods by area or channel, the largest groups of the newest period first. Times are as exact as
-- in times; of the newest period only.
WITH period AS MATERIALIZED (
    SELECT given.first, given.last, given.first::timestamp AT TIME ZONE w.timezone AS from_at,
           (given.last + 1)::timestamp AT TIME ZONE w.timezone AS to_at,
           %(grouped_by)s::text IS NULL OR (
               SELECT coalesce(sum(d.first_response_n + d.resolution_n), 0) FROM analyst.summary_day AS d
               WHERE d.workspace = %(workspace)s AND d.day BETWEEN given.first AND given.last AND d.grouped_by = 'all'
           ) <= %(exact)s AS is_exact
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
), counted AS (
    SELECT p.first, p.last, coalesce(d.area_id, d.service_id) AS id, sum(d.arrived)::bigint AS arrived,
           sum(d.first_response_n)::bigint AS first_response_n, sum(d.sla_n)::bigint AS sla_n,
           sum(d.within_sla)::bigint AS within_sla
    FROM period AS p
    JOIN analyst.summary_day AS d
        ON d.workspace = %(workspace)s AND d.day BETWEEN p.first AND p.last AND d.grouped_by = %(by)s
    WHERE d.arrived > 0
      AND (%(area_id)s::bigint IS NULL OR d.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR d.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR d.agent_id = %(agent_id)s)
    GROUP BY p.first, p.last, 3
), newest AS (
    SELECT * FROM period ORDER BY last DESC LIMIT 1
), timed AS (
    SELECT p.first, CASE %(by)s WHEN 'area' THEN m.area_id ELSE m.service_id END AS id,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY m.first_response_min) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY m.first_response_min) AS p90
    FROM newest AS p
    JOIN analyst.errand_metrics AS m
        ON p.is_exact AND m.workspace = %(workspace)s AND m.arrived_on BETWEEN p.first AND p.last AND NOT m.deleted
    WHERE true
      AND (%(area_id)s::bigint IS NULL OR m.area_id = %(area_id)s)
      AND (%(service_id)s::bigint IS NULL OR m.service_id = %(service_id)s)
      AND (%(agent_id)s::bigint IS NULL OR m.agent_id = %(agent_id)s)
    GROUP BY p.first, 2
    UNION ALL
    SELECT r.first, r.id,
           analyst.time_between(
               min(r.class) FILTER (WHERE r.up_to > floor(0.5 * (r.n - 1))),
               min(r.class) FILTER (WHERE r.up_to > ceil(0.5 * (r.n - 1))), max(0.5 * (r.n - 1))
           ),
           analyst.time_between(
               min(r.class) FILTER (WHERE r.up_to > floor(0.9 * (r.n - 1))),
               min(r.class) FILTER (WHERE r.up_to > ceil(0.9 * (r.n - 1))), max(0.9 * (r.n - 1))
           )
    FROM (
        SELECT p.first, coalesce(d.area_id, d.service_id) AS id, c.class,
               sum(sum(c.n)) OVER (PARTITION BY coalesce(d.area_id, d.service_id) ORDER BY c.class) AS up_to,
               sum(sum(c.n)) OVER (PARTITION BY coalesce(d.area_id, d.service_id)) AS n
        FROM newest AS p
        JOIN analyst.summary_day AS d
            ON NOT p.is_exact AND d.workspace = %(workspace)s AND d.day BETWEEN p.first AND p.last
            AND d.grouped_by = %(by)s
        CROSS JOIN LATERAL unnest(d.first_response_classes, d.first_response_counts) AS c (class, n)
        WHERE true
          AND (%(area_id)s::bigint IS NULL OR d.area_id = %(area_id)s)
          AND (%(service_id)s::bigint IS NULL OR d.service_id = %(service_id)s)
          AND (%(agent_id)s::bigint IS NULL OR d.agent_id = %(agent_id)s)
        GROUP BY p.first, coalesce(d.area_id, d.service_id), c.class
    ) AS r
    GROUP BY r.first, r.id
)
SELECT c.first, c.last, c.id, coalesce(area.name, service.name) AS name, c.arrived, c.first_response_n,
       t.median AS first_response_median, t.p90 AS first_response_p90, c.sla_n, c.within_sla
FROM counted AS c
LEFT JOIN timed AS t ON t.first = c.first AND t.id IS NOT DISTINCT FROM c.id
LEFT JOIN cention.area ON %(by)s = 'area' AND (area.workspace, area.area_id) = (%(workspace)s, c.id)
LEFT JOIN cention.service ON %(by)s = 'channel' AND (service.workspace, service.service_id) = (%(workspace)s, c.id)
ORDER BY c.first DESC, c.arrived DESC, c.id;

-- name: groups_of_errands
-- The same from the errands themselves, for a filter by something else, by which no days are kept.
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
-- Errands that arrived in some periods, by the tags that they carry now; the tags with the most errands of the newest
-- period first. Whole weeks are those of analyst.tag_trend_week; days before and after are read from errands.
WITH period AS MATERIALIZED (
    SELECT given.first, given.last, date_trunc('week', (given.first + 6)::timestamp)::date AS monday,
           date_trunc('week', (given.last + 1)::timestamp)::date AS next_monday
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
), found AS (
    SELECT p.first, p.last, t.tag_id, t.errands
    FROM period AS p
    JOIN analyst.tag_trend_week AS t
        ON t.workspace = %(workspace)s AND t.week >= p.monday AND t.week < p.next_monday
    UNION ALL
    SELECT p.first, p.last, x.tag_id, 1
    FROM period AS p
    CROSS JOIN LATERAL (VALUES
        (p.first, least(p.last, p.monday - 1)), (greatest(p.monday, p.next_monday), p.last)
    ) AS part (first, last)
    JOIN analyst.errand_metrics AS m
        ON m.workspace = %(workspace)s AND m.arrived_on BETWEEN part.first AND part.last AND NOT m.deleted
    JOIN cention.errand_tag AS x ON (x.workspace, x.errand_id) = (m.workspace, m.errand_id)
)
SELECT f.first, f.last, f.tag_id AS id, tag.name, sum(f.errands)::bigint AS errands
FROM found AS f
LEFT JOIN cention.tag ON (tag.workspace, tag.tag_id) = (%(workspace)s, f.tag_id)
GROUP BY f.first, f.last, f.tag_id, tag.name
ORDER BY f.first DESC, errands DESC, f.tag_id;

-- name: tags_of_errands
-- The same from the errands themselves, for any filter: no days are kept by tag and something else.
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
-- Different errands are counted in the newest period, unless it has very many answers.
WITH counted AS MATERIALIZED (
    SELECT period.first, period.last, d.agent_id AS id, sum(d.responses)::bigint AS responses,
           sum(d.csat_n)::bigint AS csat_n, sum(d.satisfied)::bigint AS satisfied
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period (first, last)
    JOIN analyst.summary_day AS d
        ON d.workspace = %(workspace)s AND d.day BETWEEN period.first AND period.last AND d.grouped_by = 'agent'
    WHERE d.responses > 0 AND (%(agent_id)s::bigint IS NULL OR d.agent_id = %(agent_id)s)
    GROUP BY period.first, period.last, d.agent_id
), newest AS MATERIALIZED (
    SELECT given.first, given.first::timestamp AT TIME ZONE w.timezone AS from_at,
           (given.last + 1)::timestamp AT TIME ZONE w.timezone AS to_at,
           (SELECT sum(d.responses) FROM analyst.summary_day AS d
            WHERE d.workspace = %(workspace)s AND d.day BETWEEN given.first AND given.last AND d.grouped_by = 'all'
           ) <= %(most_answers)s AS is_counted
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS given (first, last)
    JOIN cention.workspace AS w ON w.workspace = %(workspace)s
    ORDER BY given.last DESC LIMIT 1
), different AS (
    SELECT n.first, r.agent_id AS id, count(DISTINCT r.errand_id) AS errands
    FROM newest AS n
    JOIN analyst.errand_response AS r
        ON n.is_counted AND r.workspace = %(workspace)s AND r.responded_at >= n.from_at AND r.responded_at < n.to_at
    WHERE %(agent_id)s::bigint IS NULL OR r.agent_id = %(agent_id)s
    GROUP BY n.first, r.agent_id
)
SELECT c.first, c.last, c.id, agent.name, c.responses, CASE WHEN n.is_counted THEN coalesce(x.errands, 0) END AS errands,
       c.csat_n, c.satisfied,
       analyst.wilson_low(c.satisfied, c.csat_n) AS low, analyst.wilson_high(c.satisfied, c.csat_n) AS high
FROM counted AS c
LEFT JOIN newest AS n ON n.first = c.first
LEFT JOIN different AS x ON x.first = c.first AND x.id IS NOT DISTINCT FROM c.id
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (%(workspace)s, c.id)
ORDER BY c.first DESC, c.responses DESC, c.id;

-- name: agents_of_errands
-- The same from the answers themselves, for a filter by area or channel, by which no days of agents are kept.
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
SELECT extract(isodow FROM d.day)::integer AS weekday, h.hour, sum(h.arrived)::bigint AS arrived
FROM analyst.summary_day AS d
CROSS JOIN LATERAL unnest(d.arrival_hours, d.arrival_hour_counts) AS h (hour, arrived)
WHERE d.workspace = %(workspace)s AND d.day BETWEEN %(first)s::date AND %(last)s::date AND d.grouped_by = %(grouped_by)s
  AND (%(area_id)s::bigint IS NULL OR d.area_id = %(area_id)s)
  AND (%(service_id)s::bigint IS NULL OR d.service_id = %(service_id)s)
GROUP BY 1, h.hour
ORDER BY 1, h.hour;

-- name: arrivals_by_hour_of_errands
-- The same from the errands themselves, for a filter by area and channel, by which no days are kept.
SELECT extract(isodow FROM m.arrived_on)::integer AS weekday,
       extract(hour FROM m.arrived_at AT TIME ZONE w.timezone)::integer AS hour, count(*) AS arrived
FROM cention.workspace AS w
JOIN analyst.errand_metrics AS m USING (workspace)
LEFT JOIN LATERAL (
    SELECT true AS found, e.area_id FROM cention.errand_version AS e
    WHERE (e.workspace, e.errand_id) = (m.workspace, m.errand_id)
    ORDER BY e.valid_from LIMIT 1
) AS first_version ON true
WHERE w.workspace = %(workspace)s AND m.arrived_on BETWEEN %(first)s::date AND %(last)s::date
  AND CASE WHEN first_version.found THEN first_version.area_id ELSE m.area_id END = %(area_id)s
  AND m.service_id = %(service_id)s
GROUP BY 1, 2
ORDER BY 1, 2;

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
-- Whether all figures are being computed again, or the backlog of a day of the period is not computed, or its sums
-- have been waiting for longer than a change of an errand makes them wait.
SELECT EXISTS (
    SELECT FROM intake.figure_state AS f WHERE f.workspace = %(workspace)s AND f.everything_since_at IS NOT NULL
) OR EXISTS (
    SELECT FROM intake.metrics_progress AS p
    WHERE p.workspace = %(workspace)s AND coalesce(p.day < %(last)s::date, true)
) OR EXISTS (
    SELECT FROM intake.day_due AS b
    WHERE b.workspace = %(workspace)s AND b.day BETWEEN %(first)s::date AND %(last)s::date
      AND (b.kept = 'backlog_day' OR b.kept = 'summary_day' AND b.marked_at < now() - interval '10 minutes')
);

-- name: figures_due
-- Whether figures are still to be computed from what is stored.
SELECT oldest_waiting_at IS NOT NULL OR everything_since_at IS NOT NULL AS due
FROM intake.figure_state WHERE workspace = %(workspace)s;
