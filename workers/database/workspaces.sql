-- name: save_workspaces
-- Save workspaces with their time zones and the polling interval; returns the names of those that
-- changed. An address that is stored stays.
INSERT INTO cention.workspace AS old (workspace, timezone, address, poll_every_s)
SELECT workspace, timezone, address, %(poll_every_s)s
FROM unnest(%(names)s::text[], %(timezones)s::text[], %(addresses)s::text[]) AS new (workspace, timezone, address)
ORDER BY workspace
ON CONFLICT (workspace) DO UPDATE
SET timezone = EXCLUDED.timezone,
    poll_every_s = EXCLUDED.poll_every_s,
    address = coalesce(old.address, EXCLUDED.address)
WHERE (old.timezone, old.poll_every_s, old.address)
      IS DISTINCT FROM (EXCLUDED.timezone, EXCLUDED.poll_every_s, coalesce(old.address, EXCLUDED.address))
RETURNING workspace;

-- name: moved_workspaces
-- Workspaces whose stored address is another than the given one.
SELECT workspace, old.address AS stored, new.address AS configured
FROM cention.workspace AS old
JOIN unnest(%(names)s::text[], %(addresses)s::text[]) AS new (workspace, address) USING (workspace)
WHERE old.address <> new.address
ORDER BY workspace;

-- name: set_address
-- Store another address of a workspace.
UPDATE cention.workspace SET address = %(address)s WHERE workspace = %(workspace)s;
