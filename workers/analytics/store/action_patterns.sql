-- name: patterns
-- The patterns of a workspace and those of all workspaces, in the order in which they count.
SELECT workspace, pattern, kind FROM cention.action_pattern
WHERE workspace IN (%(workspace)s, '*')
ORDER BY workspace = '*', length(pattern) DESC, pattern, kind;

-- name: set_pattern
-- Write a pattern of a workspace, or one more kind of it.
INSERT INTO cention.action_pattern (workspace, pattern, kind) VALUES (%(workspace)s, %(pattern)s, %(kind)s)
ON CONFLICT (workspace, pattern, kind) DO NOTHING;

-- name: remove_pattern
-- Delete a pattern of a workspace, with all of its kinds. One row for each.
DELETE FROM cention.action_pattern WHERE (workspace, pattern) = (%(workspace)s, %(pattern)s) RETURNING pattern;

-- name: unknown_notes
-- The notes that no pattern knows, the most frequent first.
SELECT note, actions, last_happened_at AS last_at FROM analyst.unknown_action
WHERE workspace = %(workspace)s
ORDER BY actions DESC, note
LIMIT %(limit)s;
