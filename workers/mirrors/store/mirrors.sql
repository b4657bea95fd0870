-- name: save_mirrors
-- Write the enabled mirrors and their intervals; one row for each that is new or changed.
INSERT INTO intake.mirror AS old (workspace, mirror, every_s)
SELECT workspace, mirror, every_s
FROM unnest(%(workspaces)s::text[], %(mirrors)s::text[], %(every_s)s::integer[]) AS new (workspace, mirror, every_s)
ORDER BY workspace, mirror
ON CONFLICT (workspace, mirror) DO UPDATE SET every_s = EXCLUDED.every_s
WHERE old.every_s <> EXCLUDED.every_s
RETURNING workspace, mirror;

-- name: remove_other_mirrors
-- Delete all other mirrors, and their pauses; one row for each.
WITH off AS (
    DELETE FROM intake.mirror AS m
    WHERE NOT EXISTS (
        SELECT FROM unnest(%(workspaces)s::text[], %(mirrors)s::text[]) AS enabled (workspace, mirror)
        WHERE (enabled.workspace, enabled.mirror) = (m.workspace, m.mirror)
    )
    RETURNING workspace, mirror
), unpaused AS (
    DELETE FROM intake.pause AS p USING off WHERE (p.workspace, p.family) = (off.workspace, off.mirror)
)
SELECT workspace, mirror FROM off ORDER BY workspace, mirror;

-- name: mirrors
-- One row for every enabled mirror.
SELECT m.workspace, m.mirror, m.every_s, p.last_at, p.last_found, p.last_error, good.last_good_at,
       intake.is_unrenewed(good.last_good_at, m.since_at, m.every_s) AS late,
       CASE m.mirror WHEN 'agent_logons' THEN odd.count ELSE 0 END AS odd,
       pause.until_at AS paused_until, pause.reason AS paused_reason
FROM intake.mirror AS m
LEFT JOIN LATERAL (
    SELECT started_at AS last_at, found AS last_found, error AS last_error
    FROM intake.poll AS p WHERE (p.workspace, p.family) = (m.workspace, m.mirror) AND ended_at IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT started_at AS last_good_at
    FROM intake.poll AS p WHERE (p.workspace, p.family) = (m.workspace, m.mirror) AND found IS NOT NULL
    ORDER BY started_at DESC LIMIT 1
) AS good ON true
CROSS JOIN LATERAL (SELECT count(*) FROM intake.odd_logon AS o WHERE o.workspace = m.workspace) AS odd
LEFT JOIN intake.pause ON (pause.workspace, pause.family) = (m.workspace, m.mirror)
ORDER BY m.workspace, m.mirror;
