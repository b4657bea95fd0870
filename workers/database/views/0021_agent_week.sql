-- What each agent did in a week: hours logged in, answers, and what customers said of them.
CREATE VIEW analyst.agent_week AS
WITH score AS (
    SELECT workspace, errand_id, response_count AS position, csat_score >= csat_highest - 1 AS satisfied
    FROM analyst.errand_metrics
    WHERE csat_score IS NOT NULL AND NOT deleted
), answered AS (
    -- From the weeks to their answers by an index: a filter by week reads no other answer. The year 1900 and the like
    -- stand for no time in other systems: the weeks begin in 2000.
    SELECT w.workspace, one.week, r.agent_id, count(*) AS responses, count(DISTINCT r.errand_id) AS errands,
           count(s.satisfied) AS csat_n, count(*) FILTER (WHERE s.satisfied) AS satisfied_count
    FROM cention.workspace AS w
    CROSS JOIN LATERAL (SELECT coalesce(w.timezone, 'UTC') AS zone) AS clock
    CROSS JOIN LATERAL (
        SELECT date_trunc('week', min(responded_at) AT TIME ZONE clock.zone) AS week
        FROM analyst.errand_response WHERE workspace = w.workspace AND responded_at >= '2000-01-01 UTC'
    ) AS oldest
    CROSS JOIN LATERAL generate_series(oldest.week, now() AT TIME ZONE clock.zone, interval '7 days') AS begins (at)
    CROSS JOIN LATERAL (SELECT begins.at::date AS week) AS one
    JOIN analyst.errand_response AS r
        ON r.workspace = w.workspace AND r.responded_at >= one.week::timestamp AT TIME ZONE clock.zone
        AND r.responded_at < (one.week + 7)::timestamp AT TIME ZONE clock.zone
    LEFT JOIN score AS s ON (s.workspace, s.errand_id, s.position) = (r.workspace, r.errand_id, r.position)
    GROUP BY w.workspace, one.week, r.agent_id
), logged_in AS (
    -- A login name that is not mapped to an agent has rows of its own.
    SELECT s.workspace, s.week, login.agent_id, CASE WHEN login.agent_id IS NULL THEN s.login_name END AS unmapped_name,
           array_agg(DISTINCT s.login_name ORDER BY s.login_name) AS login_names,
           range_agg(tstzrange(s.from_at, s.to_at)) FILTER (WHERE s.from_at IS NOT NULL) AS spans,
           count(*) FILTER (WHERE s.state IN ('no login', 'no logout')) AS unpaired
    FROM intake.agent_shift AS s
    LEFT JOIN cention.agent_login AS login ON (login.workspace, login.login_name) = (s.workspace, s.login_name)
    GROUP BY s.workspace, s.week, login.agent_id, 4
), part AS (
    SELECT workspace, week, agent_id, NULL AS unmapped_name, responses, errands, csat_n, satisfied_count,
           NULL::text[] AS login_names, NULL::numeric AS hours, NULL::bigint AS unpaired
    FROM answered
    UNION ALL
    SELECT workspace, week, agent_id, unmapped_name, NULL, NULL, NULL, NULL, login_names,
           (SELECT sum(extract(epoch FROM upper(span) - lower(span))) / 3600 FROM unnest(spans) AS span), unpaired
    FROM logged_in
), total AS (
    SELECT workspace, week, agent_id, unmapped_name, max(login_names) AS login_names, max(hours) AS hours,
           max(unpaired) AS unpaired, coalesce(max(responses), 0) AS responses, coalesce(max(errands), 0) AS errands,
           coalesce(max(csat_n), 0) AS csat_n, coalesce(max(satisfied_count), 0) AS satisfied_count
    FROM part GROUP BY workspace, week, agent_id, unmapped_name
)
SELECT t.workspace, t.week, t.agent_id, agent.name AS agent_name, t.login_names,
       round(t.hours, 4) AS logged_in_hours, t.unpaired AS unpaired_logons, t.responses, t.errands,
       CASE WHEN t.agent_id IS NOT NULL THEN round(t.responses / nullif(t.hours, 0), 2) END AS responses_per_hour,
       t.csat_n, t.satisfied_count,
       round(t.satisfied_count::numeric / nullif(t.csat_n, 0), 4) AS satisfied_share,
       round(analyst.wilson_low(t.satisfied_count, t.csat_n), 4) AS satisfied_low_share,
       round(analyst.wilson_high(t.satisfied_count, t.csat_n), 4) AS satisfied_high_share
FROM total AS t
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (t.workspace, t.agent_id);

COMMENT ON VIEW analyst.agent_week IS 'One row per agent and week in which the agent answered or was logged in; answers to errands of nobody are under null. A login name that is not mapped to an agent (cention.agent_login) has rows of its own, with login_names and without agent_id. Key: workspace, week, agent_id, login_names.';
COMMENT ON COLUMN analyst.agent_week.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.agent_week.week IS 'Monday of the week, in the workspace''s time zone.';
COMMENT ON COLUMN analyst.agent_week.agent_id IS 'Agent the errand was assigned to when it was answered; null: nobody, or a login name that is not mapped.';
COMMENT ON COLUMN analyst.agent_week.agent_name IS 'Display name of the agent.';
COMMENT ON COLUMN analyst.agent_week.login_names IS 'Login names that logged in or out, or were logged in; null if none of this agent''s did.';
COMMENT ON COLUMN analyst.agent_week.logged_in_hours IS 'Hours logged in, under any login name; overlapping times count once. Null if nothing is known: no log-ons, none with both ends, or no login name mapped to this agent.';
COMMENT ON COLUMN analyst.agent_week.unpaired_logons IS 'Log-ins and log-outs without a partner: hours that are missing. Null if nothing is known.';
COMMENT ON COLUMN analyst.agent_week.responses IS 'Answers.';
COMMENT ON COLUMN analyst.agent_week.errands IS 'Errands that were answered. An errand may be answered in several weeks.';
COMMENT ON COLUMN analyst.agent_week.responses_per_hour IS 'responses / logged_in_hours; null without hours or agent_id. Over several weeks divide the sums.';
COMMENT ON COLUMN analyst.agent_week.csat_n IS 'csat scores of our survey: each for the agent of the errand''s last answer, in the week of that answer. Deleted errands are left out.';
COMMENT ON COLUMN analyst.agent_week.satisfied_count IS 'Of csat_n: one of the two best scores.';
COMMENT ON COLUMN analyst.agent_week.satisfied_share IS 'satisfied_count / csat_n, from 0 to 1; null without any.';
COMMENT ON COLUMN analyst.agent_week.satisfied_low_share IS 'Lower end of its interval of 95 percent. Over several weeks: analyst.wilson_low(sum(satisfied_count)::bigint, sum(csat_n)::bigint).';
COMMENT ON COLUMN analyst.agent_week.satisfied_high_share IS 'Upper end of that interval.';
