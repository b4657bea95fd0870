-- name: save_logons
-- Insert log-ons that are not stored yet. One row for each.
INSERT INTO cention.agent_logon (workspace, login_name, happened_at, action, occurrence, fetched_at)
SELECT %(workspace)s, login_name, happened_at, action, occurrence, clock_timestamp()
FROM jsonb_to_recordset(%(logons)s::jsonb) AS r (
    login_name text, happened_at timestamptz, action text, occurrence integer
)
ORDER BY login_name, happened_at, action, occurrence
ON CONFLICT (workspace, login_name, happened_at, action, occurrence) DO NOTHING;

-- name: save_odd_rows
-- Store rows that are not log-ons, each once.
INSERT INTO intake.odd_logon AS old (workspace, row_sha256, row, problem, first_seen_at, last_seen_at)
SELECT DISTINCT ON (digest) %(workspace)s, digest, r.row, r.problem, clock_timestamp(), clock_timestamp()
FROM jsonb_to_recordset(%(odd)s::jsonb) AS r (row jsonb, problem text),
     sha256(convert_to(r.row::text, 'UTF8')) AS digest
ORDER BY digest
ON CONFLICT (workspace, row_sha256) DO UPDATE
SET problem = EXCLUDED.problem, last_seen_at = EXCLUDED.last_seen_at;

-- name: logon_coverage
-- Until when log-ons are stored without a gap (null if none is), and the present time: one row.
SELECT (SELECT until_at FROM intake.agent_logon_reach WHERE workspace = %(workspace)s) AS until_at,
       clock_timestamp() AS now;

-- name: set_logon_coverage
-- Record until when log-ons are stored without a gap; earlier than before if a clock was set back.
INSERT INTO intake.agent_logon_reach (workspace, until_at) VALUES (%(workspace)s, %(until)s)
ON CONFLICT (workspace) DO UPDATE SET until_at = EXCLUDED.until_at;

-- name: listed_logons
-- The newest log-ons, of one workspace, login name and time or of all (null).
SELECT l.workspace, l.happened_at, l.login_name, l.action, l.occurrence, a.agent_id, agent.name AS agent_name
FROM cention.agent_logon AS l
LEFT JOIN cention.agent_login AS a ON (a.workspace, a.login_name) = (l.workspace, l.login_name)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (a.workspace, a.agent_id)
WHERE (%(workspace)s::text IS NULL OR l.workspace = %(workspace)s)
  AND (%(login_name)s::text IS NULL OR l.login_name = %(login_name)s)
  AND (%(since)s::timestamptz IS NULL OR l.happened_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR l.happened_at < %(until)s)
ORDER BY l.happened_at DESC, l.workspace, l.login_name, l.action DESC, l.occurrence DESC
LIMIT %(limit)s;

-- name: logins
-- Every login name with its last log-on and the agent it is mapped to.
SELECT coalesce(l.workspace, a.workspace) AS workspace, coalesce(l.login_name, a.login_name) AS login_name,
       l.last_at, l.logons, a.agent_id, agent.name AS agent_name
FROM (
    SELECT workspace, login_name, max(happened_at) AS last_at, count(*) AS logons
    FROM cention.agent_logon GROUP BY workspace, login_name
) AS l
FULL JOIN cention.agent_login AS a ON (a.workspace, a.login_name) = (l.workspace, l.login_name)
LEFT JOIN cention.agent ON (agent.workspace, agent.agent_id) = (a.workspace, a.agent_id)
WHERE %(workspace)s::text IS NULL OR coalesce(l.workspace, a.workspace) = %(workspace)s
ORDER BY 1, 2;

-- name: map_login
-- Map a login name to an agent.
INSERT INTO cention.agent_login (workspace, login_name, agent_id)
VALUES (%(workspace)s, %(login_name)s, %(agent_id)s)
ON CONFLICT (workspace, login_name) DO UPDATE SET agent_id = EXCLUDED.agent_id;

-- name: unmap_login
-- Remove the mapping of a login name; one row if there was one.
DELETE FROM cention.agent_login WHERE workspace = %(workspace)s AND login_name = %(login_name)s;

-- name: agent_name
-- The display name of an agent; no row if no report has named that agent.
SELECT coalesce(name, '') FROM cention.agent WHERE workspace = %(workspace)s AND agent_id = %(agent_id)s;

-- name: odd_rows
-- Rows that are not log-ons, the newest first.
SELECT workspace, row, problem, first_seen_at, last_seen_at
FROM intake.odd_logon
WHERE %(workspace)s::text IS NULL OR workspace = %(workspace)s
ORDER BY last_seen_at DESC, row_sha256;

-- name: delete_odd_rows
-- Delete rows that are not log-ons, of one workspace or of all (null); one row for each.
DELETE FROM intake.odd_logon WHERE %(workspace)s::text IS NULL OR workspace = %(workspace)s;

-- name: forget_logons
-- Delete every log-on of a login name, and its mapping; one row for each log-on.
WITH mapping AS (
    DELETE FROM cention.agent_login WHERE workspace = %(workspace)s AND login_name = %(login_name)s
)
DELETE FROM cention.agent_logon WHERE workspace = %(workspace)s AND login_name = %(login_name)s;
