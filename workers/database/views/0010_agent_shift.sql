-- From log-ins and log-outs to shifts, day by day.
DROP VIEW IF EXISTS analyst.agent_week, analyst.agent_shift, intake.agent_shift_computed, intake.moving_logon;

-- As it is computed; intake.agent_shift keeps its rows. A condition on login names reads the log-ons of these alone.
CREATE VIEW intake.agent_shift_computed AS
WITH event AS (
    -- Equal events within one second count once: the second log-in does not begin a shift.
    -- In the order that comes next, so that one sort serves both.
    SELECT DISTINCT ON (workspace, login_name, happened_at, lower(action))
           workspace, login_name, happened_at, lower(action) AS action
    FROM cention.agent_logon
    WHERE lower(action) IN ('login', 'logout')
    ORDER BY workspace, login_name, happened_at, lower(action) DESC
), neighbours AS (
    SELECT event.*,
           lag(action) OVER known AS previous_action,
           lead(action) OVER known AS next_action,
           lead(happened_at) OVER known AS next_at
    FROM event
    -- Within one second the log-out comes first, for instance when another browser takes over.
    WINDOW known AS (PARTITION BY workspace, login_name ORDER BY happened_at, action DESC)
), shift AS (
    SELECT workspace, login_name,
           CASE action WHEN 'login' THEN happened_at END AS began_at,
           CASE WHEN action = 'logout' THEN happened_at WHEN next_action = 'logout' THEN next_at END AS ended_at,
           CASE
               WHEN action = 'logout' THEN 'no login'
               WHEN next_action = 'logout' THEN 'complete'
               WHEN next_action IS NULL AND happened_at > now() - interval '24 hours' THEN 'running'
               ELSE 'no logout'
           END AS state
    FROM neighbours
    WHERE action = 'login' OR previous_action IS DISTINCT FROM 'login'
)
SELECT s.workspace,
       part.day,
       s.login_name,
       s.state,
       s.began_at AS shift_began_at,
       s.ended_at AS shift_ended_at,
       part.from_at,
       part.to_at
FROM shift AS s
LEFT JOIN cention.workspace AS w ON w.workspace = s.workspace
LEFT JOIN intake.agent_logon_reach AS reach ON reach.workspace = s.workspace
CROSS JOIN LATERAL (
    SELECT coalesce(w.timezone, 'UTC') AS zone,
           CASE s.state
               WHEN 'complete' THEN s.ended_at
               WHEN 'running' THEN greatest(s.began_at, least(now(), reach.until_at))
           END AS until_at
) AS known
CROSS JOIN LATERAL (
    SELECT (s.began_at AT TIME ZONE zone)::date AS first, (known.until_at AT TIME ZONE zone)::date AS last
) AS days
CROSS JOIN LATERAL (
    -- One extra day on both sides: where clocks are set back at midnight, a time may lie before its own day.
    SELECT one.day, one.from_at, one.to_at
    FROM generate_series(-1, days.last - days.first + 1) AS n
    CROSS JOIN LATERAL (
        SELECT days.first + n AS day,
               greatest(s.began_at, (days.first + n)::timestamp AT TIME ZONE zone) AS from_at,
               least(known.until_at, (days.first + n + 1)::timestamp AT TIME ZONE zone) AS to_at
    ) AS one
    WHERE one.from_at < one.to_at
    UNION ALL
    SELECT (coalesce(s.began_at, s.ended_at) AT TIME ZONE zone)::date, NULL, NULL
    WHERE (s.began_at < known.until_at) IS NOT TRUE
) AS part;

CREATE VIEW analyst.agent_shift AS
SELECT s.workspace,
       s.day,
       s.login_name,
       login.agent_id,
       agent.name AS agent_name,
       s.state,
       s.shift_began_at,
       s.shift_ended_at,
       s.from_at,
       s.to_at,
       round(extract(epoch FROM s.to_at - s.from_at) / 3600, 4) AS hours
FROM intake.agent_shift AS s
LEFT JOIN cention.agent_login AS login ON (login.workspace, login.login_name) = (s.workspace, s.login_name)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (login.workspace, login.agent_id);

CREATE VIEW intake.moving_logon AS
SELECT DISTINCT s.workspace, s.login_name
FROM intake.agent_shift AS s
LEFT JOIN intake.agent_logon_reach AS r ON r.workspace = s.workspace
WHERE s.state = 'running' AND (
    r.until_at IS DISTINCT FROM s.known_until_at
    OR s.shift_began_at <= now() - interval '24 hours'
    OR coalesce(r.until_at, 'infinity') > s.computed_at AND s.computed_at < now() - interval '1 minute'
);
COMMENT ON VIEW intake.moving_logon IS 'Login names with a shift that lasts, and whose rows of intake.agent_shift are no longer right: more is known, the shift is a day old, or the clock alone ends it and a minute has passed.';
COMMENT ON COLUMN intake.moving_logon.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.moving_logon.login_name IS 'Login name.';

COMMENT ON VIEW analyst.agent_shift IS
    'Times at which agents were logged in: one row per shift and day, so that hours can be summed by day. A shift is a log-in and the next log-out; a log-in or log-out without a partner is shown without hours. Key: workspace, day, login_name, state, shift_began_at, shift_ended_at.';
COMMENT ON COLUMN analyst.agent_shift.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.agent_shift.day IS 'Day in the workspace''s time zone (cention.workspace.timezone, UTC if unset); it has 23 or 25 hours when clocks change.';
COMMENT ON COLUMN analyst.agent_shift.login_name IS 'Login name; not the display name in reports.';
COMMENT ON COLUMN analyst.agent_shift.agent_id IS 'Agent with that login name, as mapped by operators (cention.agent_login); null if not mapped.';
COMMENT ON COLUMN analyst.agent_shift.agent_name IS 'Display name of that agent.';
COMMENT ON COLUMN analyst.agent_shift.state IS 'complete; running (logged in within 24 hours, no log-out yet); no logout (the next event is another log-in, or none came in 24 hours); no login (a log-out whose log-in is not known).';
COMMENT ON COLUMN analyst.agent_shift.shift_began_at IS 'Log-in; null if none is known.';
COMMENT ON COLUMN analyst.agent_shift.shift_ended_at IS 'Log-out; null if there is none yet, or none is known.';
COMMENT ON COLUMN analyst.agent_shift.from_at IS 'Beginning of the part on this day; null if an end is not known.';
COMMENT ON COLUMN analyst.agent_shift.to_at IS 'End of the part on this day; of a running shift, the time up to which log-ons are known; null if an end is not known.';
COMMENT ON COLUMN analyst.agent_shift.hours IS 'Hours from from_at to to_at; null if an end is not known.';
