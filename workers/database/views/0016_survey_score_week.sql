-- Scores by week, rule, vendor, area and agent, each with the interval it may lie in.
DROP VIEW IF EXISTS analyst.survey_score_week;

CREATE OR REPLACE FUNCTION analyst.wilson_low(part bigint, n bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (part::numeric / nullif(n, 0) + 1.96 ^ 2 / (2 * nullif(n, 0))
        - 1.96 * sqrt(part::numeric / nullif(n, 0) * (1 - part::numeric / nullif(n, 0)) / nullif(n, 0)
                      + 1.96 ^ 2 / (4.0 * nullif(n, 0) * nullif(n, 0))))
       / (1 + 1.96 ^ 2 / nullif(n, 0));
COMMENT ON FUNCTION analyst.wilson_low IS 'Lower end of the interval of 95 percent (Wilson) of the share part / n, from 0 to 1; null without any.';

CREATE OR REPLACE FUNCTION analyst.wilson_high(part bigint, n bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1 - analyst.wilson_low(n - part, n);
COMMENT ON FUNCTION analyst.wilson_high IS 'Upper end of that interval.';

-- Weeks are those of the event that was asked about, whenever the customer answered.
CREATE VIEW analyst.survey_score_week AS
WITH fact AS (
    SELECT i.workspace, i.event_at AS at, i.rule, i.vendor, i.area_id, i.agent_id, NULL::text AS kind,
           NULL::numeric AS lowest, NULL::numeric AS highest, NULL::numeric AS number,
           1 AS decided,
           (i.state IN ('triggered', 'unknown'))::int AS reached,
           (i.state = 'unknown')::int AS unknown,
           EXISTS (
               SELECT FROM feedback.session AS s
               JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
               WHERE (s.workspace, s.invitation_id) = (i.workspace, i.invitation_id) AND s.verified
           )::int AS answered
    FROM feedback.invitation AS i
    UNION ALL
    SELECT s.workspace, coalesce(i.event_at, s.started_at), i.rule, coalesce(i.vendor, s.vendor), i.area_id,
           i.agent_id, a.kind, a.lowest, a.highest, a.number, 0, 0, 0, 0
    FROM feedback.answer AS a
    JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id)
    LEFT JOIN feedback.invitation AS i ON (i.workspace, i.invitation_id) = (s.workspace, s.invitation_id)
    WHERE s.verified AND a.number IS NOT NULL
), total AS (
    SELECT f.workspace,
           date_trunc('week', f.at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date AS week,
           f.rule, f.vendor, f.area_id, f.agent_id, f.kind, f.lowest, f.highest,
           sum(f.decided) AS decided, sum(f.reached) AS reached, sum(f.unknown) AS unknown,
           sum(f.answered) AS answered,
           count(f.number) AS n,
           count(*) FILTER (WHERE f.kind = 'nps' AND f.number >= 9)::numeric AS promoters,
           count(*) FILTER (WHERE f.kind = 'nps' AND f.number <= 6)::numeric AS detractors,
           count(*) FILTER (WHERE f.kind = 'csat' AND f.number >= f.highest - 1) AS satisfied,
           avg(f.number) AS mean,
           stddev_samp(f.number) AS deviation
    FROM fact AS f
    LEFT JOIN cention.workspace AS w ON w.workspace = f.workspace
    GROUP BY f.workspace, week, f.rule, f.vendor, f.area_id, f.agent_id, f.kind, f.lowest, f.highest
), grouped AS (
    SELECT t.workspace, t.week, t.rule, t.vendor, t.area_id, t.agent_id, t.kind, t.lowest, t.highest, t.n, t.mean,
           t.promoters / nullif(t.n, 0) AS promoter_part,
           t.detractors / nullif(t.n, 0) AS detractor_part,
           t.satisfied,
           1.96 * t.deviation / sqrt(nullif(t.n, 0)::numeric) AS mean_margin,
           (sum(t.decided) OVER same)::bigint AS decided,
           (sum(t.reached) OVER same)::bigint AS reached,
           (sum(t.unknown) OVER same)::bigint AS unknown,
           (sum(t.answered) OVER same)::bigint AS answered,
           count(t.kind) OVER same AS kinds
    FROM total AS t
    WINDOW same AS (PARTITION BY t.workspace, t.week, t.rule, t.vendor, t.area_id, t.agent_id)
)
SELECT g.workspace,
       g.week,
       g.rule,
       g.vendor,
       g.area_id,
       area.name AS area_name,
       g.agent_id,
       agent.name AS agent_name,
       g.decided,
       g.reached,
       g.unknown,
       g.answered,
       round(g.answered::numeric / nullif(g.reached, 0), 4) AS answered_share,
       g.kind,
       g.lowest,
       g.highest,
       g.n,
       g.n < 10 AS few,
       score.measure,
       score.score,
       score.low AS score_low,
       score.high AS score_high
FROM grouped AS g
LEFT JOIN cention.area ON (area.workspace, area.area_id) = (g.workspace, g.area_id)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (g.workspace, g.agent_id)
LEFT JOIN LATERAL (
    SELECT 'nps' AS measure,
           round(100 * nps.net, 1) AS score,
           round(greatest(100 * (nps.net - nps.margin), -100), 1) AS low,
           round(least(100 * (nps.net + nps.margin), 100), 1) AS high
    FROM (
        SELECT g.promoter_part - g.detractor_part AS net,
               1.96 * sqrt((g.promoter_part + g.detractor_part - (g.promoter_part - g.detractor_part) ^ 2) / g.n)
                   AS margin
    ) AS nps
    WHERE g.kind = 'nps'
    UNION ALL
    SELECT 'satisfied percent',
           round(100.0 * g.satisfied / g.n, 1),
           round(100 * analyst.wilson_low(g.satisfied, g.n), 1),
           round(100 * analyst.wilson_high(g.satisfied, g.n), 1)
    WHERE g.kind = 'csat'
    UNION ALL
    SELECT 'mean', round(g.mean, 2),
           CASE WHEN g.n > 1 THEN round(greatest(g.mean - g.mean_margin, g.lowest), 2) END,
           CASE WHEN g.n > 1 THEN round(least(g.mean + g.mean_margin, g.highest), 2) END
    WHERE g.kind IN ('ces', 'stars')
) AS score ON true
WHERE g.kind IS NOT NULL OR g.kinds = 0;

COMMENT ON VIEW analyst.survey_score_week IS 'One row per week, rule, vendor, area, agent and kind of score, each kind and scale for itself. Area and agent are those of the time of the decision; only verified answers count. Key: workspace, week, rule, vendor, area_id, agent_id, kind, lowest, highest.';
COMMENT ON COLUMN analyst.survey_score_week.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.survey_score_week.week IS 'Monday of the week in which the errand was answered or closed, in the workspace''s time zone; of a survey without an invitation, in which it began.';
COMMENT ON COLUMN analyst.survey_score_week.rule IS 'Rule that invited; null for links that an operator handed over, and for surveys without an invitation.';
COMMENT ON COLUMN analyst.survey_score_week.vendor IS 'Vendor that asked.';
COMMENT ON COLUMN analyst.survey_score_week.area_id IS 'Area when it was decided; null: none.';
COMMENT ON COLUMN analyst.survey_score_week.area_name IS 'Name of that area.';
COMMENT ON COLUMN analyst.survey_score_week.agent_id IS 'Agent the errands were assigned to when it was decided; null: nobody.';
COMMENT ON COLUMN analyst.survey_score_week.agent_name IS 'Name of that agent.';
COMMENT ON COLUMN analyst.survey_score_week.decided IS 'Invitations that were decided, whatever came of them. The same in each row of the group: do not add it up over kinds.';
COMMENT ON COLUMN analyst.survey_score_week.reached IS 'Invitations that were sent, or may have been. The same for each kind.';
COMMENT ON COLUMN analyst.survey_score_week.unknown IS 'Of these: invitations of which it is not known whether they were sent. The same for each kind.';
COMMENT ON COLUMN analyst.survey_score_week.answered IS 'Invitations with an answer. The same for each kind.';
COMMENT ON COLUMN analyst.survey_score_week.answered_share IS 'answered / reached; null if nobody was reached.';
COMMENT ON COLUMN analyst.survey_score_week.kind IS 'nps, csat, ces or stars; null for a group without any score.';
COMMENT ON COLUMN analyst.survey_score_week.lowest IS 'Lowest score of the scale; null for a group without any score.';
COMMENT ON COLUMN analyst.survey_score_week.highest IS 'Highest score of the scale; null for a group without any score.';
COMMENT ON COLUMN analyst.survey_score_week.n IS 'Number of scores.';
COMMENT ON COLUMN analyst.survey_score_week.few IS 'True below 10 scores: too few to compare.';
COMMENT ON COLUMN analyst.survey_score_week.measure IS 'What score is. nps: percent of 9 and 10 minus percent of 0 to 6; satisfied percent: share of the two best of csat; mean: of ces and stars.';
COMMENT ON COLUMN analyst.survey_score_week.score IS 'The measure.';
COMMENT ON COLUMN analyst.survey_score_week.score_low IS 'Lower end of its interval of 95 percent (Wilson for satisfied percent); null for a mean of one score.';
COMMENT ON COLUMN analyst.survey_score_week.score_high IS 'Upper end of that interval.';
