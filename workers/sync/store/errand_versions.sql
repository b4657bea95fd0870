-- name: keep_present_rows
-- Write the first version of each errand that has none, from its present row, under a lock of that row.
INSERT INTO cention.errand_version (
    workspace, errand_id, valid_from, changed_at, state, status_code, area_id, agent_id, priority, service_id,
    organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla, fetched_at, fetch_times,
    action_times, missing_parts
)
SELECT
    e.workspace, e.errand_id, e.fetched_at, CASE WHEN e.gone_at IS NULL THEN a.happened_at END,
    CASE WHEN e.gone_at IS NOT NULL THEN 'gone' WHEN e.deleted THEN 'deleted' WHEN e.closed THEN 'closed'
         WHEN e.answered THEN 'answered' ELSE 'open' END,
    e.status_code, e.area_id, e.agent_id, e.priority, e.service_id, e.organisation_id, e.closed, e.answered,
    e.deleted, t.tag_ids, e.handling_time_s, e.within_sla, e.fetched_at, ARRAY[e.fetched_at],
    ARRAY[CASE WHEN e.gone_at IS NULL THEN a.happened_at END],
    ARRAY[CASE WHEN e.gone_at IS NOT NULL THEN 4 WHEN e.sla_pending THEN 1 ELSE 0 END]
FROM (
    SELECT * FROM cention.errand
    WHERE workspace = %(workspace)s AND errand_id = ANY (ARRAY(
        SELECT one.errand_id FROM unnest(%(ids)s::bigint[]) AS one (errand_id)
        WHERE NOT EXISTS (
            SELECT FROM cention.errand_version AS v
            WHERE (v.workspace, v.errand_id) = (%(workspace)s, one.errand_id)
            OFFSET 0  -- so that it is looked up by errand, whatever the planner believes
        )
    ))
    ORDER BY errand_id
    {lock}
) AS e
CROSS JOIN LATERAL (
    SELECT max(happened_at) AS happened_at FROM cention.errand_action AS x
    WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id)
) AS a
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(tag_id ORDER BY tag_id), '{{}}') AS tag_ids FROM cention.errand_tag AS x
    WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id)
) AS t
ON CONFLICT (workspace, errand_id, valid_from) DO NOTHING;

-- name: append_reports
-- Enter reports in the history, one of each errand, where they were fetched after all that is in it. One row for each
-- other errand, and for each whose version has as many fetches as it may have: nothing is entered there.
-- What a report lacks is that of the fetch before it.
WITH report AS MATERIALIZED (
    SELECT o.errand_id, o.fetched_at, o.action_at, o.missing, o.status_code, o.area_id, o.agent_id, o.priority,
           o.service_id, o.organisation_id, o.closed, o.answered, o.deleted,
           CASE WHEN o.missing & 2 = 0 THEN o.tag_ids ELSE v.tag_ids END AS tag_ids,
           CASE WHEN o.missing & 1 = 0 THEN o.handling_time_s ELSE v.handling_time_s END AS handling_time_s,
           CASE WHEN o.missing & 1 = 0 THEN o.within_sla ELSE v.within_sla END AS within_sla,
           v.valid_from AS known_from, v.state AS known_state, v.fetched_at AS known_at, v.fetch_times,
           v.action_times, v.missing_parts,
           v.errand_id IS NULL OR (o.fetched_at > v.fetched_at AND cardinality(v.fetch_times) < %(most)s) AS in_order,
           v.errand_id IS NULL OR v.state = 'gone'
               OR (o.status_code, o.area_id, o.agent_id, o.priority, o.service_id, o.organisation_id, o.closed,
                   o.answered, o.deleted)
                   IS DISTINCT FROM (v.status_code, v.area_id, v.agent_id, v.priority, v.service_id,
                                     v.organisation_id, v.closed, v.answered, v.deleted)
               OR (o.missing & 2 = 0 AND o.tag_ids IS DISTINCT FROM v.tag_ids)
               OR (o.missing & 1 = 0
                   AND (o.handling_time_s, o.within_sla) IS DISTINCT FROM (v.handling_time_s, v.within_sla))
               AS differs
    FROM jsonb_to_recordset(%(observations)s::jsonb) AS o (
        errand_id bigint, fetched_at timestamptz, action_at timestamptz, missing smallint, status_code text,
        area_id bigint, agent_id bigint, priority text, service_id bigint, organisation_id bigint, closed boolean,
        answered boolean, deleted boolean, tag_ids bigint[], handling_time_s bigint, within_sla boolean
    )
    LEFT JOIN LATERAL (
        SELECT * FROM cention.errand_version AS x
        WHERE (x.workspace, x.errand_id) = (%(workspace)s, o.errand_id)
        ORDER BY x.valid_from DESC
        LIMIT 1
    ) AS v ON true
), appended AS (
    INSERT INTO cention.errand_version AS v (
        workspace, errand_id, valid_from, valid_to, changed_at, state, status_code, area_id, agent_id, priority,
        service_id, organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla, fetched_at,
        fetch_times, action_times, missing_parts
    )
    -- The version before ends, or has one more fetch: it exists, so that of these values only those below count.
    SELECT %(workspace)s, errand_id, known_from AS valid_from, CASE WHEN differs THEN fetched_at END, NULL, known_state,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           CASE WHEN differs THEN known_at ELSE fetched_at END,
           CASE WHEN differs THEN fetch_times ELSE fetch_times || fetched_at END,
           CASE WHEN differs THEN action_times ELSE action_times || action_at END,
           CASE WHEN differs THEN missing_parts ELSE missing_parts || missing END
    FROM report WHERE in_order AND known_from IS NOT NULL
    UNION ALL
    SELECT %(workspace)s, errand_id, fetched_at, NULL, action_at,
           CASE WHEN deleted THEN 'deleted' WHEN closed THEN 'closed' WHEN answered THEN 'answered' ELSE 'open' END,
           status_code, area_id, agent_id, priority, service_id, organisation_id, closed, answered, deleted, tag_ids,
           handling_time_s, within_sla, fetched_at, ARRAY[fetched_at], ARRAY[action_at], ARRAY[missing]
    FROM report WHERE in_order AND differs
    ORDER BY errand_id, valid_from
    ON CONFLICT (workspace, errand_id, valid_from) DO UPDATE SET
        valid_to = EXCLUDED.valid_to, fetched_at = EXCLUDED.fetched_at, fetch_times = EXCLUDED.fetch_times,
        action_times = EXCLUDED.action_times, missing_parts = EXCLUDED.missing_parts
)
SELECT errand_id FROM report WHERE NOT in_order;

-- name: save_observations
-- Enter what fetches found in the history of their errands. The versions from the one before the first of
-- these fetches on are computed again, so that the order in which fetches are saved does not matter. What a
-- fetch did not report is that of the fetch before it. Of each version the first fetch and the newest ones are kept:
-- the oldest of these also stands for those between, in what they reported.
WITH new AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(observations)s::jsonb) AS o (
        errand_id bigint, fetched_at timestamptz, action_at timestamptz, missing smallint, status_code text,
        area_id bigint, agent_id bigint, priority text, service_id bigint, organisation_id bigint, closed boolean,
        answered boolean, deleted boolean, tag_ids bigint[], handling_time_s bigint, within_sla boolean
    )
), known AS MATERIALIZED (
    SELECT v.*
    FROM (SELECT errand_id, min(fetched_at) AS since FROM new GROUP BY errand_id) AS n
    CROSS JOIN LATERAL (
        SELECT * FROM cention.errand_version AS v
        WHERE v.workspace = %(workspace)s AND v.errand_id = n.errand_id
          AND (v.valid_to IS NULL OR v.valid_to >= n.since)
        OFFSET 0  -- so that it is looked up by errand, whatever the planner believes
    ) AS v
), observed AS (
    SELECT errand_id, fetched_at, action_at, missing, status_code, area_id, agent_id, priority, service_id,
           organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla
    FROM new
    UNION ALL
    SELECT k.errand_id, f.fetched_at, f.action_at, f.missing, k.status_code, k.area_id, k.agent_id, k.priority,
           k.service_id, k.organisation_id, k.closed, k.answered, k.deleted, k.tag_ids, k.handling_time_s,
           k.within_sla
    FROM known AS k
    CROSS JOIN LATERAL unnest(k.fetch_times, k.action_times, k.missing_parts) AS f (fetched_at, action_at, missing)
    WHERE NOT EXISTS (SELECT FROM new WHERE (new.errand_id, new.fetched_at) = (k.errand_id, f.fetched_at))
), grouped AS (
    -- A group is a fetch that reported a part, and those after it that did not.
    SELECT *, count(*) FILTER (WHERE missing & 4 = 0) OVER before AS of_report,
           count(*) FILTER (WHERE missing & 5 = 0) OVER before AS of_sla,
           count(*) FILTER (WHERE missing & 6 = 0) OVER before AS of_tags
    FROM observed
    WINDOW before AS (PARTITION BY errand_id ORDER BY fetched_at)
), filled AS (
    SELECT errand_id, fetched_at, action_at, missing,
           first_value(status_code) OVER report AS status_code, first_value(area_id) OVER report AS area_id,
           first_value(agent_id) OVER report AS agent_id, first_value(priority) OVER report AS priority,
           first_value(service_id) OVER report AS service_id,
           first_value(organisation_id) OVER report AS organisation_id,
           first_value(closed) OVER report AS closed, first_value(answered) OVER report AS answered,
           first_value(deleted) OVER report AS deleted, first_value(tag_ids) OVER tags AS tag_ids,
           first_value(handling_time_s) OVER sla AS handling_time_s,
           first_value(within_sla) OVER sla AS within_sla
    FROM grouped
    WINDOW report AS (PARTITION BY errand_id, of_report ORDER BY fetched_at),
           sla AS (PARTITION BY errand_id, of_sla ORDER BY fetched_at),
           tags AS (PARTITION BY errand_id, of_tags ORDER BY fetched_at)
), compared AS (
    SELECT *, ROW(missing & 4, status_code, area_id, agent_id, priority, service_id, organisation_id, closed,
                  answered, deleted, tag_ids, handling_time_s, within_sla) AS content
    FROM filled
), marked AS (
    SELECT *, (lag(content) OVER before IS DISTINCT FROM content)::integer AS differs
    FROM compared
    WINDOW before AS (PARTITION BY errand_id ORDER BY fetched_at)
), counted AS (
    SELECT *, sum(differs) OVER (PARTITION BY errand_id ORDER BY fetched_at) AS version_no FROM marked
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY errand_id, version_no ORDER BY fetched_at DESC) AS from_newest,
           bit_and(missing) FILTER (WHERE differs = 0) OVER (PARTITION BY errand_id, version_no ORDER BY fetched_at)
               AS missing_so_far
    FROM counted
), kept AS (
    SELECT errand_id, fetched_at, action_at, version_no, status_code, area_id, agent_id, priority, service_id,
           organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla,
           CASE WHEN differs = 0 AND from_newest = %(kept)s THEN missing_so_far ELSE missing END AS missing
    FROM numbered
    WHERE differs = 1 OR from_newest <= %(kept)s
), version AS MATERIALIZED (
    SELECT errand_id, min(fetched_at) AS valid_from,
           lead(min(fetched_at)) OVER (PARTITION BY errand_id ORDER BY version_no) AS valid_to,
           (array_agg(action_at ORDER BY fetched_at))[1] AS changed_at,
           CASE WHEN max(missing) >= 4 THEN 'gone' WHEN deleted THEN 'deleted' WHEN closed THEN 'closed'
                WHEN answered THEN 'answered' ELSE 'open' END AS state,
           status_code, area_id, agent_id, priority, service_id, organisation_id, closed, answered, deleted,
           tag_ids, handling_time_s, within_sla, max(fetched_at) AS fetched_at,
           array_agg(fetched_at ORDER BY fetched_at) AS fetch_times,
           array_agg(action_at ORDER BY fetched_at) AS action_times,
           array_agg(missing ORDER BY fetched_at) AS missing_parts
    FROM kept
    GROUP BY errand_id, version_no, status_code, area_id, agent_id, priority, service_id, organisation_id, closed,
             answered, deleted, tag_ids, handling_time_s, within_sla
), merged AS (
    DELETE FROM cention.errand_version AS v USING known AS k
    WHERE (v.workspace, v.errand_id, v.valid_from) = (%(workspace)s, k.errand_id, k.valid_from)
      AND NOT EXISTS (SELECT FROM version AS w WHERE (w.errand_id, w.valid_from) = (k.errand_id, k.valid_from))
)
INSERT INTO cention.errand_version AS v (
    workspace, errand_id, valid_from, valid_to, changed_at, state, status_code, area_id, agent_id, priority,
    service_id, organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla, fetched_at,
    fetch_times, action_times, missing_parts
)
SELECT %(workspace)s, errand_id, valid_from, valid_to, changed_at, state, status_code, area_id, agent_id, priority,
       service_id, organisation_id, closed, answered, deleted, tag_ids, handling_time_s, within_sla, fetched_at,
       fetch_times, action_times, missing_parts
FROM version
ORDER BY errand_id, valid_from
ON CONFLICT (workspace, errand_id, valid_from) DO UPDATE SET
    valid_to = EXCLUDED.valid_to, changed_at = EXCLUDED.changed_at, state = EXCLUDED.state,
    status_code = EXCLUDED.status_code, area_id = EXCLUDED.area_id, agent_id = EXCLUDED.agent_id,
    priority = EXCLUDED.priority, service_id = EXCLUDED.service_id, organisation_id = EXCLUDED.organisation_id,
    closed = EXCLUDED.closed, answered = EXCLUDED.answered, deleted = EXCLUDED.deleted,
    tag_ids = EXCLUDED.tag_ids, handling_time_s = EXCLUDED.handling_time_s, within_sla = EXCLUDED.within_sla,
    fetched_at = EXCLUDED.fetched_at, fetch_times = EXCLUDED.fetch_times,
    action_times = EXCLUDED.action_times, missing_parts = EXCLUDED.missing_parts
WHERE v IS DISTINCT FROM EXCLUDED;

-- name: start_fills
-- Begin to write first versions for workspaces with errands, unless begun before.
INSERT INTO intake.errand_version_fill (workspace, after_id)
SELECT workspace, -1 FROM cention.workspace
ON CONFLICT (workspace) DO NOTHING;

-- name: lock_fill
-- A workspace where first versions are still to be written, locked; none if others work on all of them.
SELECT workspace, after_id FROM intake.errand_version_fill
WHERE ended_at IS NULL
ORDER BY workspace
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: errands_after
-- The next errands of a workspace by id.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND errand_id > %(after_id)s
ORDER BY errand_id
LIMIT %(limit)s;

-- name: first_without_version
-- The first of these errands that has no version, since its row was locked; null if there is none.
SELECT min(errand_id) FROM unnest(%(ids)s::bigint[]) AS one (errand_id)
WHERE NOT EXISTS (
    SELECT FROM cention.errand_version AS v
    WHERE (v.workspace, v.errand_id) = (%(workspace)s, one.errand_id)
    OFFSET 0  -- as above
);

-- name: record_fill
-- Record how far first versions have been written; null for the end.
UPDATE intake.errand_version_fill
SET after_id = coalesce(%(after_id)s, after_id), ended_at = CASE WHEN %(after_id)s::bigint IS NULL THEN now() END
WHERE workspace = %(workspace)s;
