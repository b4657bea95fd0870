-- What happened to errands, and the notes of actions that no pattern knows.
DROP FUNCTION IF EXISTS intake.errand_phases(text, bigint[]), intake.deciding_events(text, bigint[]);  -- they read it
DROP VIEW IF EXISTS analyst.unknown_action;
DROP VIEW IF EXISTS analyst.errand_event;

CREATE VIEW analyst.errand_event AS
SELECT a.workspace, a.errand_id, coalesce(p.kind, 'other') AS kind, a.happened_at, 'action' AS source,
       NULL::timestamptz AS after_at, a.action_id
FROM cention.errand_action AS a
LEFT JOIN LATERAL (
    SELECT kind, rank() OVER (ORDER BY p.workspace = '*', length(p.pattern) DESC, p.pattern) AS place
    FROM cention.action_pattern AS p
    WHERE p.workspace IN (a.workspace, '*') AND a.note ILIKE p.pattern
) AS p ON p.place = 1
WHERE p.kind IS DISTINCT FROM 'ignored'
UNION ALL
SELECT v.workspace, v.errand_id, e.kind, v.valid_from, 'version', o.fetched_at, NULL
FROM cention.errand_version AS o
JOIN cention.errand_version AS v ON (v.workspace, v.errand_id, v.valid_from) = (o.workspace, o.errand_id, o.valid_to)
CROSS JOIN LATERAL (VALUES
    ('assigned', v.agent_id IS DISTINCT FROM o.agent_id AND v.agent_id IS NOT NULL),
    ('unassigned', v.agent_id IS NULL AND o.agent_id IS NOT NULL),
    ('transferred', v.area_id IS DISTINCT FROM o.area_id AND o.area_id IS NOT NULL),
    ('answered', v.answered AND o.answered IS NOT TRUE),
    ('tagged', v.tag_ids IS DISTINCT FROM o.tag_ids AND o.tag_ids IS NOT NULL),
    ('closed', v.closed AND o.closed IS NOT TRUE),
    ('reopened', o.closed AND v.closed IS NOT TRUE),
    ('deleted', v.deleted AND o.deleted IS NOT TRUE),
    ('gone', v.state = 'gone' AND o.state <> 'gone')
) AS e (kind, happened)
-- An errand that was gone before any report of it has nothing to compare with.
WHERE e.happened AND NOT (
    o.state = 'gone' AND num_nonnulls(o.status_code, o.area_id, o.agent_id, o.priority, o.service_id,
                                      o.organisation_id, o.closed, o.answered, o.deleted) = 0
)
UNION ALL
SELECT DISTINCT workspace, errand_id, 'answered', received_at, 'callback', NULL::timestamptz, NULL::bigint
FROM cention.answer
UNION ALL
SELECT e.workspace, e.errand_id, t.kind, t.happened_at, 'report', NULL, NULL
FROM cention.errand AS e
CROSS JOIN LATERAL (VALUES ('arrived', e.arrived_at), ('answered', e.answered_at), ('closed', e.done_at))
    AS t (kind, happened_at)
WHERE t.happened_at IS NOT NULL;

COMMENT ON VIEW analyst.errand_event IS 'One row per event of an errand and source that reports it. The same event may have a row of each source: choose one source for each kind. No key.';
COMMENT ON COLUMN analyst.errand_event.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.errand_event.errand_id IS 'Cention''s id of the errand.';
COMMENT ON COLUMN analyst.errand_event.kind IS 'What happened, such as assigned, transferred, answered, reopened; other for a note that no pattern knows.';
COMMENT ON COLUMN analyst.errand_event.happened_at IS 'When: of actions to the second, of reports to the minute, of callbacks when they arrived, of versions the fetch that found it. Null for an action of unknown time.';
COMMENT ON COLUMN analyst.errand_event.source IS 'action, version, callback or report.';
COMMENT ON COLUMN analyst.errand_event.after_at IS 'For versions, the last fetch that did not find it: it happened between this and happened_at. Null for other sources.';
COMMENT ON COLUMN analyst.errand_event.action_id IS 'Cention''s id of the action; null for other sources.';

CREATE VIEW analyst.unknown_action AS
SELECT a.workspace, n.note, count(*) AS actions, max(a.happened_at) AS last_happened_at
FROM cention.errand_action AS a
CROSS JOIN LATERAL (
    SELECT regexp_replace(
        CASE WHEN a.origin <> '' THEN replace(a.note, a.origin, '(agent)') ELSE a.note END, '[0-9]+', '#', 'g'
    ) AS note
) AS n
WHERE a.note IS NOT NULL AND NOT EXISTS (
    SELECT FROM cention.action_pattern AS p
    WHERE p.workspace IN (a.workspace, '*') AND a.note ILIKE p.pattern
)
GROUP BY a.workspace, n.note;

COMMENT ON VIEW analyst.unknown_action IS 'One row per note of actions that no pattern knows, for new patterns. Order it by actions. Key: workspace, note.';
COMMENT ON COLUMN analyst.unknown_action.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.unknown_action.note IS 'Note with # for each number and (agent) for the name of its agent.';
COMMENT ON COLUMN analyst.unknown_action.actions IS 'Number of actions with such a note.';
COMMENT ON COLUMN analyst.unknown_action.last_happened_at IS 'When the newest of them happened.';
