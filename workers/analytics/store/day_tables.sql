-- name: counted_errands
-- The days and weeks of tables on which errands count by their figures, as they are stored at this moment, each with
-- the figures that the table reads; null if it reads tags as well.
SELECT m.errand_id, k.kept, k.day::text, k.figures
FROM analyst.errand_metrics AS m
CROSS JOIN LATERAL (
    SELECT coalesce(m.arrived_on, '-infinity') AS day, date_trunc('week', m.arrived_on::timestamp)::date AS monday
) AS own
CROSS JOIN LATERAL (VALUES
    ('response_time_day', own.day, ROW(
        m.first_response_min, m.first_response_business_min, m.area_id, m.service_id, m.agent_id
    )::text),
    ('sla_day', own.day, ROW(m.sla_breached, m.area_id, m.service_id)::text),
    ('channel_day', own.day, ROW(
        m.service_id, m.first_response_min, m.first_response_business_min, m.resolved_at IS NULL,
        m.reopening_count > 0, m.one_touch, m.csat_score, m.csat_highest
    )::text),
    ('tag_trend_week', own.monday, NULL), ('tag_trend_week', own.monday + 7, NULL)  -- the week after compares with it
) AS k (kept, day, figures)
WHERE m.workspace = %(workspace)s AND m.errand_id = ANY (%(ids)s::bigint[]) AND NOT m.deleted AND k.day IS NOT NULL
  AND (k.kept <> 'response_time_day' OR m.first_response_min IS NOT NULL);

-- name: mark_days
-- Mark these days of tables.
INSERT INTO intake.day_due (workspace, kept, day)
SELECT %(workspace)s, k.kept, k.day FROM unnest(%(tables)s::text[], %(days)s::date[]) AS k (kept, day)
ON CONFLICT DO NOTHING;

-- name: mark_days_of_events
-- Mark the days on which errands arrived or something happened to them by their figures, as they are stored at this
-- moment; also the arrivals of those whose writer had written one of them before. Where clocks are set back just after midnight, a time
-- may belong to the day before its date.
WITH moment AS (
    SELECT event.at FROM analyst.errand_metrics AS m CROSS JOIN LATERAL (VALUES (m.arrived_at), (m.resolved_at)) AS event (at)
    WHERE m.workspace = %(workspace)s AND m.errand_id = ANY (%(ids)s::bigint[])
    UNION
    SELECT r.responded_at FROM analyst.errand_response AS r
    WHERE r.workspace = %(workspace)s AND r.errand_id = ANY (%(ids)s::bigint[])
    UNION
    SELECT event.at FROM analyst.reopening AS o CROSS JOIN LATERAL (VALUES (o.closed_at), (o.reopened_at)) AS event (at)
    WHERE o.workspace = %(workspace)s AND o.errand_id = ANY (%(ids)s::bigint[])
    UNION
    SELECT c.arrived_at FROM analyst.repeat_contact AS c
    WHERE c.workspace = %(workspace)s AND c.errand_id = ANY (%(ids)s::bigint[])
    UNION
    SELECT c.arrived_at FROM analyst.repeat_contact AS c
    WHERE c.workspace = %(workspace)s AND c.earlier_errand_id = ANY (%(ids)s::bigint[])
)
INSERT INTO intake.day_due (workspace, kept, day)
SELECT DISTINCT %(workspace)s, 'summary_day', ((m.at - before.hours) AT TIME ZONE coalesce(w.timezone, 'UTC'))::date
FROM moment AS m
LEFT JOIN cention.workspace AS w ON w.workspace = %(workspace)s
CROSS JOIN (VALUES (interval '0'), (interval '1 hour')) AS before (hours)
WHERE m.at < '2099-01-01 UTC'
ON CONFLICT DO NOTHING;

-- name: mark_days_of_reports
-- Mark the days on which errands count by their reports, now and before their times changed. Where clocks are set back
-- just after midnight, a time may belong to the day before its date.
WITH moved AS (
    DELETE FROM intake.errand_moved WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
    RETURNING arrived_at, answered_at
), present AS MATERIALIZED (
    SELECT e.arrived_at, e.answered_at FROM cention.errand AS e
    WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[])
), moment AS (
    SELECT arrived_at AS at FROM present
    UNION SELECT answered_at FROM present WHERE answered_at IS NOT NULL
    UNION SELECT arrived_at FROM moved
    UNION SELECT answered_at FROM moved WHERE answered_at IS NOT NULL
)
INSERT INTO intake.day_due (workspace, kept, day)
SELECT DISTINCT %(workspace)s, k.kept, coalesce((m.at - before.hours) AT TIME ZONE coalesce(w.timezone, 'UTC'), '-infinity')::date
FROM moment AS m
LEFT JOIN cention.workspace AS w ON w.workspace = %(workspace)s
CROSS JOIN (VALUES (interval '0'), (interval '1 hour')) AS before (hours)
CROSS JOIN (VALUES ('agent_day'), ('area_day'), ('tag_day')) AS k (kept)
ON CONFLICT DO NOTHING;

-- name: mark_all_days
-- Mark every day and week that has rows, or of which an errand counts, from one on.
WITH own AS (
    SELECT %(workspace)s::text AS workspace, coalesce(
        (SELECT w.timezone FROM cention.workspace AS w WHERE w.workspace = %(workspace)s), 'UTC'
    ) AS zone
), reported AS (
    SELECT d.day FROM intake.known_day AS d
    WHERE d.workspace = %(workspace)s AND (
        EXISTS (
            SELECT FROM cention.errand AS e
            WHERE e.workspace = d.workspace AND e.arrived_at >= d.from_at AND e.arrived_at < d.to_at
        ) OR EXISTS (
            SELECT FROM cention.errand AS e
            WHERE e.workspace = d.workspace AND e.answered_at >= d.from_at AND e.answered_at < d.to_at
        )
    )
    UNION
    SELECT (e.arrived_at AT TIME ZONE own.zone)::date FROM own JOIN cention.errand AS e USING (workspace)
    WHERE e.arrived_at IS NULL OR e.arrived_at < '1990-01-01 UTC' OR e.arrived_at >= '2100-01-01 UTC'
    UNION
    SELECT (e.answered_at AT TIME ZONE own.zone)::date FROM own JOIN cention.errand AS e USING (workspace)
    WHERE e.answered_at < '1990-01-01 UTC' OR e.answered_at >= '2100-01-01 UTC'
), figured AS (
    SELECT DISTINCT m.arrived_on AS day FROM analyst.errand_metrics AS m WHERE m.workspace = %(workspace)s
), happened AS (
    SELECT (m.resolved_at AT TIME ZONE own.zone)::date AS day FROM own JOIN analyst.errand_metrics AS m USING (workspace)
    WHERE m.resolved_at < '2099-01-01 UTC'
    UNION
    SELECT (r.responded_at AT TIME ZONE own.zone)::date FROM own JOIN analyst.errand_response AS r USING (workspace)
    WHERE r.responded_at < '2099-01-01 UTC'
    UNION
    SELECT (event.at AT TIME ZONE own.zone)::date
    FROM own JOIN analyst.reopening AS o USING (workspace)
    CROSS JOIN LATERAL (VALUES (o.closed_at), (o.reopened_at)) AS event (at)
    WHERE event.at < '2099-01-01 UTC'
), known AS (
    SELECT k.kept, r.day FROM reported AS r CROSS JOIN (VALUES ('agent_day'), ('area_day'), ('tag_day')) AS k (kept)
    UNION
    SELECT k.kept, f.day FROM figured AS f
    CROSS JOIN (VALUES ('response_time_day'), ('sla_day'), ('channel_day')) AS k (kept)
    UNION
    SELECT 'summary_day', f.day FROM figured AS f WHERE f.day IS NOT NULL
    UNION SELECT 'summary_day', h.day FROM happened AS h
    UNION
    SELECT 'tag_trend_week', date_trunc('week', f.day::timestamp)::date FROM figured AS f WHERE f.day IS NOT NULL
    UNION SELECT 'agent_day', l.day FROM intake.agent_shift AS l WHERE l.workspace = %(workspace)s
    UNION SELECT 'agent_day', t.day FROM intake.agent_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'area_day', t.day FROM intake.area_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'tag_day', t.day FROM intake.tag_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'response_time_day', t.day FROM intake.response_time_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'sla_day', t.day FROM intake.sla_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'channel_day', t.day FROM intake.channel_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'summary_day', t.day FROM intake.summary_day AS t WHERE t.workspace = %(workspace)s
    UNION SELECT 'tag_trend_week', t.week FROM intake.tag_trend_week AS t WHERE t.workspace = %(workspace)s
)
INSERT INTO intake.day_due (workspace, kept, day, is_new)
SELECT own.workspace, k.kept, coalesce(k.day, '-infinity'), true
FROM own CROSS JOIN known AS k
WHERE %(since)s::date IS NULL OR k.day >= date_trunc('week', %(since)s::date::timestamp)::date
ON CONFLICT (workspace, kept, day) DO UPDATE SET is_new = true, retry_at = NULL;

-- name: mark_all_names
-- Mark every login name.
INSERT INTO intake.logon_due (workspace, login_name)
SELECT DISTINCT l.workspace, l.login_name FROM cention.agent_logon AS l WHERE l.workspace = %(workspace)s
UNION
SELECT DISTINCT l.workspace, l.login_name FROM intake.agent_shift AS l WHERE l.workspace = %(workspace)s
ON CONFLICT (workspace, login_name) DO UPDATE SET retry_at = NULL;

-- name: mark_names_of_days
-- Mark the login names that have log-ons on days in UTC, or had when these days were computed last.
WITH day AS MATERIALIZED (
    SELECT to_date(lpad(n::text, 8, '0'), 'YYYYMMDD') AS day FROM unnest(%(numbers)s::bigint[]) AS n
)
INSERT INTO intake.logon_due (workspace, login_name)
SELECT l.workspace, l.login_name FROM day AS d
JOIN cention.agent_logon AS l
    ON l.workspace = %(workspace)s AND l.happened_at >= d.day::timestamp AT TIME ZONE 'UTC'
    AND l.happened_at < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
UNION
SELECT l.workspace, l.login_name FROM day AS d
JOIN intake.agent_shift AS l ON l.workspace = %(workspace)s AND l.day BETWEEN d.day - 1 AND d.day + 1
ON CONFLICT DO NOTHING;

-- name: mark_days_of_agents
-- Mark the days on which somebody was logged in: login names may belong to other agents.
INSERT INTO intake.day_due (workspace, kept, day)
SELECT DISTINCT l.workspace, 'agent_day', l.day FROM intake.agent_shift AS l WHERE l.workspace = %(workspace)s
ON CONFLICT DO NOTHING;

-- name: mark_moving_names
-- Mark the login names whose shift lasts, if more is known of it.
INSERT INTO intake.logon_due (workspace, login_name)
SELECT m.workspace, m.login_name FROM intake.moving_logon AS m WHERE m.workspace = %(workspace)s
ON CONFLICT DO NOTHING;

-- name: due_names
-- The login names that have been due the longest, at most so many. Those that failed come last, or are left out while
-- they wait.
SELECT login_name FROM intake.logon_due
WHERE workspace = %(workspace)s AND intake.may_retry(retry_at)
ORDER BY failures, marked_at, login_name LIMIT %(limit)s;

-- name: delete_due_names
-- These login names are computed.
DELETE FROM intake.logon_due WHERE workspace = %(workspace)s AND login_name = ANY (%(login_names)s::text[]);

-- name: postpone_name
-- A login name has failed: the others have their turn before it is computed again.
UPDATE intake.logon_due SET failures = failures + 1, retry_at = intake.next_retry_at(failures)
WHERE workspace = %(workspace)s AND login_name = %(login_name)s;

-- name: replace_names
-- Compute the shifts of login names, and replace the days of each that have changed; mark these days.
WITH computed AS MATERIALIZED (
    SELECT c.login_name, c.day, c.state, c.shift_began_at, c.shift_ended_at, c.from_at, c.to_at
    FROM intake.agent_shift_computed AS c
    WHERE c.workspace = %(workspace)s AND c.login_name = ANY (%(login_names)s::text[])
), known AS MATERIALIZED (
    SELECT s.login_name, s.day, s.state, s.shift_began_at, s.shift_ended_at, s.from_at, s.to_at
    FROM intake.agent_shift AS s
    WHERE s.workspace = %(workspace)s AND s.login_name = ANY (%(login_names)s::text[])
), changed AS MATERIALIZED (
    -- Of a shift that lasts it is recorded until when it is known.
    SELECT login_name, day FROM ((TABLE computed EXCEPT ALL TABLE known) UNION ALL (TABLE known EXCEPT ALL TABLE computed)) AS x
    UNION
    SELECT login_name, day FROM computed WHERE state = 'running'
), deleted AS (
    DELETE FROM intake.agent_shift AS s USING changed AS c
    WHERE s.workspace = %(workspace)s AND (s.login_name, s.day) = (c.login_name, c.day)
), written AS (
    INSERT INTO intake.agent_shift (
        workspace, login_name, day, state, shift_began_at, shift_ended_at, from_at, to_at, known_until_at, computed_at
    )
    SELECT %(workspace)s, n.login_name, n.day, n.state, n.shift_began_at, n.shift_ended_at, n.from_at, n.to_at,
           (SELECT r.until_at FROM intake.agent_logon_reach AS r WHERE r.workspace = %(workspace)s), now()
    FROM computed AS n JOIN changed AS c ON (c.login_name, c.day) = (n.login_name, n.day)
)
INSERT INTO intake.day_due (workspace, kept, day)
SELECT DISTINCT %(workspace)s, 'agent_day', c.day FROM changed AS c
ON CONFLICT DO NOTHING;

-- name: due_days
-- The days that have been due the longest, at most so many, the newest of these first; those that have waited for so
-- many seconds, or all, even if the clock was set back. Those that failed come last, or are left out while they wait.
SELECT kept, day::text FROM intake.day_due
WHERE workspace = %(workspace)s AND kept <> 'backlog_day' AND intake.may_retry(retry_at)
  AND (%(waited_s)s::float8 = 0 OR marked_at <= now() - %(waited_s)s::float8 * interval '1 second')
ORDER BY failures, marked_at, day_due.day DESC, kept LIMIT %(limit)s;

-- name: delete_due_days
-- These days of a table are computed.
DELETE FROM intake.day_due
WHERE workspace = %(workspace)s AND kept = %(kept)s AND day = ANY (%(days)s::date[]);

-- name: postpone_day
-- A day has failed: the others have their turn before it is computed again.
UPDATE intake.day_due SET failures = failures + 1, retry_at = intake.next_retry_at(failures)
WHERE workspace = %(workspace)s AND kept = %(kept)s AND day = %(day)s::date;

-- name: end_waits
-- Days and login names that failed are computed again at once.
WITH name AS (
    UPDATE intake.logon_due SET retry_at = NULL WHERE workspace = %(workspace)s AND retry_at IS NOT NULL RETURNING true
), day AS (
    UPDATE intake.day_due SET retry_at = NULL WHERE workspace = %(workspace)s AND retry_at IS NOT NULL RETURNING true
)
SELECT (SELECT count(*) FROM day) AS days, (SELECT count(*) FROM name) AS names;

-- name: replace_days
-- Compute days of a table, and replace those that have changed.
SELECT intake.replace_days(%(kept)s, %(workspace)s, %(days)s::date[]);
