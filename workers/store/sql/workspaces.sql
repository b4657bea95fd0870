-- name: save_workspaces
-- Write workspaces with their time zones; returns the names of those that were not so already.
INSERT INTO cention.workspace AS old (workspace, timezone)
SELECT workspace, timezone
FROM unnest(%(names)s::text[], %(timezones)s::text[]) AS new (workspace, timezone)
ORDER BY workspace
ON CONFLICT (workspace) DO UPDATE SET timezone = EXCLUDED.timezone WHERE old.timezone <> EXCLUDED.timezone
RETURNING workspace;
