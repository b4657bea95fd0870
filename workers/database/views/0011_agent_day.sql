-- Figures of errands and hours logged in, by agent and day.
DROP VIEW IF EXISTS analyst.agent_day, intake.agent_day_computed;

-- As it is computed; intake.agent_day keeps its rows.
CREATE VIEW intake.agent_day_computed AS
WITH logged_in AS (
    -- A login name that is not mapped to an agent has rows of its own.
    SELECT s.workspace, s.day, login.agent_id, CASE WHEN login.agent_id IS NULL THEN s.login_name END AS unmapped_name,
           array_agg(DISTINCT s.login_name ORDER BY s.login_name) AS login_names,
           range_agg(tstzrange(s.from_at, s.to_at)) FILTER (WHERE s.from_at IS NOT NULL) AS spans,
           count(*) FILTER (WHERE s.state IN ('no login', 'no logout')) AS unpaired
    FROM intake.agent_shift AS s
    LEFT JOIN cention.agent_login AS login ON (login.workspace, login.login_name) = (s.workspace, s.login_name)
    GROUP BY s.workspace, s.day, login.agent_id, 4
)
SELECT workspace,
       day,
       agent_id,
       coalesce(max(arrived), 0) AS arrived,
       coalesce(max(answered), 0) AS answered,
       coalesce(max(closed), 0) AS closed,
       coalesce(max(deleted), 0) AS deleted,
       coalesce(max(gone), 0) AS gone,
       coalesce(max(open), 0) AS open,
       coalesce(max(answered_on_day), 0) AS answered_on_day,
       coalesce(max(sla_count), 0) AS sla_count,
       coalesce(max(within_sla_count), 0) AS within_sla_count,
       max(within_sla_share) AS within_sla_share,
       max(avg_handling_time_min) AS avg_handling_time_min,
       max(median_handling_time_min) AS median_handling_time_min,
       max(avg_response_time_min) AS avg_response_time_min,
       max(median_response_time_min) AS median_response_time_min,
       coalesce(max(feedback_count), 0) AS feedback_count,
       max(avg_feedback_value) AS avg_feedback_value,
       max(login_names) AS login_names,
       max(logged_in_hours) AS logged_in_hours,
       max(unpaired_logons) AS unpaired_logons
-- A union, not a join: a filter by day then reaches both parts.
FROM (
    SELECT d.workspace, d.day, d.kind_id AS agent_id, NULL AS unmapped_name,
           d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day,
           d.sla_count, d.within_sla_count, d.within_sla_share, d.avg_handling_time_min,
           d.median_handling_time_min, d.avg_response_time_min, d.median_response_time_min,
           d.feedback_count, d.avg_feedback_value,
           NULL::text[] AS login_names, NULL::numeric AS logged_in_hours, NULL::bigint AS unpaired_logons
    FROM intake.day_figures AS d
    WHERE d.kind = 'agent'
    UNION ALL
    SELECT workspace, day, agent_id, unmapped_name,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           login_names,
           (
               SELECT round(sum(extract(epoch FROM upper(span) - lower(span))) / 3600, 4)
               FROM unnest(spans) AS span
           ),
           unpaired
    FROM logged_in
) AS part
GROUP BY workspace, day, agent_id, unmapped_name;

CREATE VIEW analyst.agent_day AS
SELECT d.workspace,
       d.day,
       d.agent_id,
       agent.name AS agent_name,
       d.arrived, d.answered, d.closed, d.deleted, d.gone, d.open, d.answered_on_day, d.sla_count,
       d.within_sla_count, d.within_sla_share, d.avg_handling_time_min, d.median_handling_time_min,
       d.avg_response_time_min, d.median_response_time_min, d.feedback_count, d.avg_feedback_value,
       d.login_names, d.logged_in_hours, d.unpaired_logons
FROM intake.agent_day AS d
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (d.workspace, d.agent_id);

COMMENT ON VIEW analyst.agent_day IS
    'One row per agent and day on which an errand of the agent arrived or was answered, or the agent was logged in; unassigned errands under null, so that the sum of arrived is the number of errands. A login name that is not mapped to an agent (cention.agent_login) has rows of its own, with login_names, without agent_id and without errands. Key: workspace, day, agent_id, login_names.';
COMMENT ON COLUMN analyst.agent_day.agent_id IS 'Agent the errands are assigned to now; null: unassigned, or a login name that is not mapped. Earlier agents are only in cention.errand_action.';
COMMENT ON COLUMN analyst.agent_day.agent_name IS 'Display name of the agent.';
COMMENT ON COLUMN analyst.agent_day.login_names IS 'Login names that logged in or out, or were logged in, on this day; null if none of this agent''s did.';
COMMENT ON COLUMN analyst.agent_day.logged_in_hours IS 'Hours logged in, under any login name; overlapping times count once. Null if nothing is known: no log-ons, none with both ends, or no login name mapped to this agent.';
COMMENT ON COLUMN analyst.agent_day.unpaired_logons IS 'Log-ins and log-outs without a partner on this day: hours that are missing. Null if nothing is known.';
