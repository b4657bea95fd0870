-- name: save_workspaces
-- Save workspaces with their time zones and the polling interval; returns the names of those that changed.
INSERT INTO cention.workspace AS old (workspace, timezone, poll_every_s)
SELECT workspace, timezone, %(poll_every_s)s
FROM unnest(%(names)s::text[], %(timezones)s::text[]) AS new (workspace, timezone)
ORDER BY workspace
ON CONFLICT (workspace) DO UPDATE
SET timezone = EXCLUDED.timezone, poll_every_s = EXCLUDED.poll_every_s
WHERE (old.timezone, old.poll_every_s) <> (EXCLUDED.timezone, EXCLUDED.poll_every_s)
RETURNING workspace;
