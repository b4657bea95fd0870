-- name: create_person_keys
-- Give a key to each workspace that has none; keys never change.
INSERT INTO intake.person_key (workspace, key)
SELECT workspace, key FROM unnest(%(workspaces)s::text[], %(keys)s::bytea[]) AS new (workspace, key)
ORDER BY workspace
ON CONFLICT (workspace) DO NOTHING;

-- name: person_key
-- The key of a workspace; no row if it has none.
SELECT key FROM intake.person_key WHERE workspace = %(workspace)s;
