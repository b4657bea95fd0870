-- name: limit_time
-- A search that takes longer than 8 seconds ends with an error; of this transaction only.
SELECT set_config('statement_timeout', '8s', true);

-- name: search
-- Errands of a workspace, the newest first, after a key of the page before. A parameter that is null filters
-- nothing: the planner knows the values, and leaves out what filters nothing. The state is exactly the expression of
-- the index errand_state. Errands without a time of arrival, of which no report was ever read, are found by their
-- number only.
SELECT e.errand_id, e.display_id, e.subject, e.from_name, e.from_address, e.arrived_at,
       CASE WHEN e.gone_at IS NOT NULL THEN 'gone' WHEN e.deleted THEN 'deleted' WHEN e.closed THEN 'closed'
            WHEN e.answered THEN 'answered' ELSE 'open' END AS state,
       area.name AS area, agent.name AS agent
FROM cention.errand AS e
LEFT JOIN cention.area AS area ON (area.workspace, area.area_id) = (e.workspace, e.area_id)
LEFT JOIN cention.agent AS agent ON (agent.workspace, agent.agent_id) = (e.workspace, e.agent_id)
LEFT JOIN cention.errand_tag AS tagged
    ON (tagged.workspace, tagged.errand_id, tagged.tag_id) = (e.workspace, e.errand_id, %(tag_id)s::bigint)
WHERE e.workspace = %(workspace)s
  AND (%(display_id)s::text IS NULL OR e.display_id = %(display_id)s OR e.errand_id = %(errand_id)s)
  AND (%(display_id)s::text IS NOT NULL OR e.arrived_at IS NOT NULL)
  AND (%(address)s::text IS NULL OR lower(e.from_address) = lower(%(address)s))
  AND (%(words)s::text IS NULL
       OR to_tsvector('simple', left(e.subject, 2000)) @@ websearch_to_tsquery('simple', %(words)s))
  AND (%(area_id)s::bigint IS NULL OR e.area_id = %(area_id)s)
  AND (%(agent_id)s::bigint IS NULL OR e.agent_id = %(agent_id)s)
  AND (%(tag_id)s::bigint IS NULL OR tagged.errand_id IS NOT NULL)
  AND (%(state)s::text IS NULL OR %(state)s = CASE
      WHEN e.gone_at IS NOT NULL THEN 'gone' WHEN e.deleted THEN 'deleted' WHEN e.closed THEN 'closed'
      WHEN e.answered THEN 'answered' ELSE 'open' END)
  AND (%(since)s::timestamptz IS NULL OR e.arrived_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR e.arrived_at < %(until)s)
  AND (%(after_at)s::timestamptz IS NULL OR e.arrived_at <= %(after_at)s)
  AND (%(after_at)s::timestamptz IS NULL OR (e.arrived_at, e.errand_id) < (%(after_at)s, %(after_id)s))
ORDER BY e.arrived_at DESC, e.errand_id DESC
LIMIT %(limit)s;

-- name: choices
-- The areas, agents, tags or channels of a workspace, by name, for the filters. A name or id that is null filters
-- nothing.
SELECT id, name FROM (
    SELECT 'area' AS kind, area_id AS id, name FROM cention.area WHERE workspace = %(workspace)s
    UNION ALL SELECT 'agent', agent_id, name FROM cention.agent WHERE workspace = %(workspace)s
    UNION ALL SELECT 'tag', tag_id, name FROM cention.tag WHERE workspace = %(workspace)s
    UNION ALL SELECT 'channel', service_id, name FROM cention.service WHERE workspace = %(workspace)s
) AS named
WHERE kind = %(kind)s
  AND (%(id)s::bigint IS NULL OR id = %(id)s)
  AND (%(name)s::text IS NULL OR lower(name) = lower(%(name)s))
ORDER BY lower(name), id
LIMIT %(limit)s;
