-- name: limit_statements
-- End statements of this transaction after so long.
SELECT set_config('statement_timeout', %(timeout)s, true);

-- name: limit_locks
-- End waits for a lock after so long. It is shorter than the time for a statement: who waits is not at fault.
SELECT set_config('lock_timeout', %(timeout)s, true);

-- name: delete_metrics
-- Delete the figures of errands.
DELETE FROM analyst.errand_metrics WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: delete_responses
-- Delete the answers of errands.
DELETE FROM analyst.errand_response WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: delete_reopenings
-- Delete the reopenings of errands.
DELETE FROM analyst.reopening WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: delete_spans
-- Delete when errands were open, and return it.
DELETE FROM analyst.open_span WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
RETURNING errand_id, from_at, to_at, waiting_on, area_id, agent_id, arrived_at;

-- name: insert_figures
-- Compute and insert the figures of errands, their answers, reopenings and when they were open; returns the last.
WITH own AS MATERIALIZED (
    SELECT e.workspace, e.errand_id, intake.known_arrival(e.arrived_at, e.fetched_at) AS arrived_at, e.service_id,
           e.organisation_id, e.area_id, e.agent_id, e.gone_at, e.deleted, e.closed, e.answered, e.within_sla,
           e.feedback_value
    FROM cention.errand AS e
    WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[])
), phase AS MATERIALIZED (
    SELECT p.*, e.area_id AS present_area_id
    FROM intake.errand_phases(%(workspace)s, %(ids)s::bigint[]) AS p
    JOIN own AS e ON e.errand_id = p.errand_id
), holder AS MATERIALIZED (
    SELECT * FROM intake.errand_holders(%(workspace)s, %(ids)s::bigint[])
), of_phases AS (
    SELECT p.errand_id,
           -- Null if it had been answered before the first fetch, and nothing tells when.
           CASE WHEN bool_and(p.source <> 'found') FILTER (WHERE p.kind = 'answered')
                THEN min(p.happened_at) FILTER (WHERE p.kind = 'answered') END AS first_response_at,
           (array_agg(p.source ORDER BY p.place) FILTER (WHERE p.kind = 'answered'))[1] AS first_response_source,
           max(p.happened_at) FILTER (WHERE p.kind = 'answered' AND p.source <> 'found') AS last_response_at,
           count(*) FILTER (WHERE p.kind = 'answered') AS response_count,
           min(p.happened_at) FILTER (WHERE p.kind = 'closed') AS first_resolved_at,
           max(p.happened_at) FILTER (WHERE p.kind = 'closed') AS last_closed_at,
           count(p.was_closed_at) AS reopening_count
    FROM phase AS p GROUP BY p.errand_id
), stretch AS MATERIALIZED (
    -- Events after which it waits on the same as before do not end a wait.
    SELECT x.*, CASE WHEN x.phase <> 'ended' AND x.until_at > x.happened_at
                     THEN analyst.business_seconds(%(workspace)s, x.present_area_id, x.happened_at, x.until_at)
                END AS business_s
    FROM (
        SELECT p.errand_id, p.kind, p.phase, p.happened_at, p.present_area_id,
               lead(p.happened_at) OVER (PARTITION BY p.errand_id ORDER BY p.place) AS until_at
        FROM phase AS p WHERE p.phase IS DISTINCT FROM p.phase_before
    ) AS x
), waits AS (
    SELECT s.errand_id,
           max(s.phase) FILTER (WHERE s.until_at IS NULL) AS waiting_on,
           max(s.happened_at) FILTER (WHERE s.until_at IS NULL) AS since_at,
           sum(extract(epoch FROM s.until_at - s.happened_at)) FILTER (WHERE s.phase = 'us' AND s.until_at > s.happened_at)
               AS us_s,
           sum(s.business_s) FILTER (WHERE s.phase = 'us') AS us_business_s,
           sum(extract(epoch FROM s.until_at - s.happened_at))
               FILTER (WHERE s.phase = 'customer' AND s.until_at > s.happened_at) AS customer_s,
           sum(s.business_s) FILTER (WHERE s.phase = 'customer') AS customer_business_s,
           max(s.until_at) FILTER (WHERE s.kind = 'arrived' AND s.phase = 'us') AS first_until_at,
           max(s.business_s) FILTER (WHERE s.kind = 'arrived' AND s.phase = 'us') AS first_business_s
    FROM stretch AS s WHERE s.phase <> 'ended' GROUP BY s.errand_id
), responses AS (
    INSERT INTO analyst.errand_response (workspace, errand_id, position, responded_at, area_id, agent_id)
    SELECT %(workspace)s, p.errand_id, p.position, p.happened_at, h.area_id, h.agent_id
    FROM (
        SELECT x.errand_id, x.source, x.happened_at, row_number() OVER (PARTITION BY x.errand_id ORDER BY x.place) AS position
        FROM phase AS x WHERE x.kind = 'answered'
    ) AS p
    JOIN holder AS h ON h.errand_id = p.errand_id AND h.from_at <= p.happened_at AND p.happened_at < h.to_at
    WHERE p.source <> 'found'
), reopenings AS (
    INSERT INTO analyst.reopening (
        workspace, errand_id, position, closed_at, reopened_at, after_min, after_business_min, area_id, agent_id
    )
    SELECT %(workspace)s, p.errand_id, row_number() OVER (PARTITION BY p.errand_id ORDER BY p.place), p.was_closed_at,
           p.happened_at, intake.minutes(p.was_closed_at, p.happened_at),
           intake.business_minutes(%(workspace)s, p.present_area_id, p.was_closed_at, p.happened_at), h.area_id, h.agent_id
    FROM phase AS p
    JOIN holder AS h ON h.errand_id = p.errand_id AND h.from_at <= p.was_closed_at AND p.was_closed_at < h.to_at
), metrics AS (
    INSERT INTO analyst.errand_metrics
    SELECT e.workspace, e.errand_id, e.arrived_at, (e.arrived_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date,
           e.service_id, e.organisation_id, e.area_id, e.agent_id,
           CASE WHEN e.gone_at IS NOT NULL THEN 'gone' WHEN e.deleted THEN 'deleted' WHEN e.closed THEN 'closed'
                WHEN e.answered THEN 'answered' ELSE 'open' END,
           analyst.has_opening_hours(e.workspace, e.area_id),
           p.first_response_at, p.last_response_at, coalesce(p.response_count, 0),
           intake.minutes(e.arrived_at, p.first_response_at),
           known.first_response,
           intake.minutes(e.arrived_at, p.last_response_at),
           CASE WHEN p.last_response_at = p.first_response_at THEN known.first_response
                ELSE intake.business_minutes(e.workspace, e.area_id, e.arrived_at, p.last_response_at) END,
           p.first_resolved_at, r.at,
           intake.minutes(e.arrived_at, p.first_resolved_at),
           known.first_resolution,
           intake.minutes(e.arrived_at, r.at),
           CASE WHEN r.at = p.first_resolved_at THEN known.first_resolution
                ELSE intake.business_minutes(e.workspace, e.area_id, e.arrived_at, r.at) END,
           coalesce(p.reopening_count, 0), s.waiting_on, s.since_at,
           round(s.us_s / 60, 2), round(s.us_business_s / 60, 2), round(s.customer_s / 60, 2),
           round(s.customer_business_s / 60, 2),
           v.agents, v.areas, a.reassigned, a.transferred,
           CASE WHEN r.at IS NOT NULL THEN p.response_count = 1 AND p.reopening_count = 0 END,
           CASE WHEN e.deleted IS NOT TRUE THEN NOT e.within_sla END,
           CASE WHEN e.deleted IS NOT TRUE THEN e.feedback_value END,
           csat.number, csat.highest, nps.number, now(), e.deleted IS TRUE,
           CASE WHEN p.first_response_at IS NOT NULL THEN p.first_response_source END
    FROM own AS e
    LEFT JOIN cention.workspace AS w ON w.workspace = e.workspace
    LEFT JOIN of_phases AS p ON p.errand_id = e.errand_id
    LEFT JOIN waits AS s ON s.errand_id = e.errand_id
    CROSS JOIN LATERAL (SELECT CASE WHEN e.closed AND e.deleted IS NOT TRUE THEN p.last_closed_at END AS at) AS r
    CROSS JOIN LATERAL (
        -- Business time is most of the work: each is counted once.
        SELECT CASE WHEN p.first_response_at = s.first_until_at AND s.first_business_s IS NOT NULL
                    THEN round(s.first_business_s / 60, 2)
                    ELSE intake.business_minutes(e.workspace, e.area_id, e.arrived_at, p.first_response_at)
               END AS first_response,
               intake.business_minutes(e.workspace, e.area_id, e.arrived_at, p.first_resolved_at) AS first_resolution
        OFFSET 0  -- so that it is not copied to where it is used
    ) AS known
    CROSS JOIN LATERAL (
        SELECT nullif(count(*), 0) * 0 + count(DISTINCT x.agent_id) AS agents,
               nullif(count(*), 0) * 0 + count(DISTINCT x.area_id) AS areas
        FROM cention.errand_version AS x WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id)
    ) AS v
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) > 0 THEN greatest(count(*) FILTER (WHERE x.kind = 'assigned') - 1, 0) END AS reassigned,
               CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE x.kind = 'transferred') END AS transferred
        FROM analyst.errand_event AS x
        WHERE (x.workspace, x.errand_id, x.source) = (e.workspace, e.errand_id, 'action')
    ) AS a
    LEFT JOIN LATERAL (
        SELECT y.number, y.highest FROM feedback.session AS x
        JOIN feedback.answer AS y USING (workspace, session_id)
        WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id) AND x.verified AND y.kind = 'csat'
          AND y.number IS NOT NULL
        ORDER BY y.answered_at, x.session_id, y.position LIMIT 1
    ) AS csat ON true
    LEFT JOIN LATERAL (
        SELECT y.number FROM feedback.session AS x
        JOIN feedback.answer AS y USING (workspace, session_id)
        WHERE (x.workspace, x.errand_id) = (e.workspace, e.errand_id) AND x.verified AND y.kind = 'nps'
          AND y.number IS NOT NULL
        ORDER BY y.answered_at, x.session_id, y.position LIMIT 1
    ) AS nps ON true
)
INSERT INTO analyst.open_span (workspace, errand_id, from_at, to_at, waiting_on, area_id, agent_id, service_id, arrived_at)
SELECT %(workspace)s, p.errand_id, greatest(p.happened_at, h.from_at), nullif(least(p.until_at, h.to_at), 'infinity'),
       p.phase, h.area_id, h.agent_id, e.service_id, e.arrived_at
FROM stretch AS p
JOIN holder AS h
    ON h.errand_id = p.errand_id AND greatest(p.happened_at, h.from_at) < least(coalesce(p.until_at, 'infinity'), h.to_at)
JOIN own AS e ON e.errand_id = p.errand_id
WHERE p.phase <> 'ended' AND e.arrived_at IS NOT NULL
RETURNING errand_id, from_at, to_at, waiting_on, area_id, agent_id, arrived_at;

-- name: repeat_neighbours
-- Errands whose earlier errand may be another one now: these, those after them, and those that they were the earlier of.
SELECT unnest(%(ids)s::bigint[])
UNION
SELECT errand_id FROM analyst.repeat_contact
WHERE workspace = %(workspace)s AND earlier_errand_id = ANY (%(ids)s::bigint[])
UNION
SELECT later.errand_id
FROM cention.errand AS e
CROSS JOIN LATERAL (
    SELECT n.errand_id FROM cention.errand AS n
    WHERE n.workspace = e.workspace AND n.from_address IS NOT NULL AND n.deleted IS NOT TRUE
      AND hashtextextended(lower(n.from_address), 0) = hashtextextended(lower(e.from_address), 0)
      AND (n.arrived_at, n.errand_id) > (e.arrived_at, e.errand_id)
      AND n.arrived_at <= e.arrived_at + interval '720 hours'
      AND intake.known_arrival(n.arrived_at, n.fetched_at) IS NOT NULL
    ORDER BY n.arrived_at, n.errand_id LIMIT 1
) AS later
WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[])
  AND intake.known_arrival(e.arrived_at, e.fetched_at) IS NOT NULL;

-- name: delete_repeat_contacts
-- Delete the earlier errands of errands.
DELETE FROM analyst.repeat_contact WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]);

-- name: insert_repeat_contacts
-- Find and insert the earlier errand of the same person, where there is one within 30 days; neither has an arrival that
-- is taken for unknown. The index has a hash of the address; a condition on the address itself would let the planner
-- read all errands of a sender instead, and one on the 30 days before the limit, all errands of these days.
INSERT INTO analyst.repeat_contact
SELECT e.workspace, e.errand_id, o.errand_id, e.arrived_at, o.arrived_at, intake.minutes(o.arrived_at, e.arrived_at),
       e.arrived_at <= o.arrived_at + interval '24 hours', e.arrived_at <= o.arrived_at + interval '168 hours', e.area_id
FROM cention.errand AS e
CROSS JOIN LATERAL (
    SELECT p.errand_id, p.arrived_at, p.from_address FROM cention.errand AS p
    WHERE p.workspace = e.workspace AND p.from_address IS NOT NULL AND p.deleted IS NOT TRUE
      AND hashtextextended(lower(p.from_address), 0) = hashtextextended(lower(e.from_address), 0)
      AND (p.arrived_at, p.errand_id) < (e.arrived_at, e.errand_id)
      AND intake.known_arrival(p.arrived_at, p.fetched_at) IS NOT NULL
    ORDER BY p.arrived_at DESC, p.errand_id DESC LIMIT 1
) AS o
WHERE e.workspace = %(workspace)s AND e.errand_id = ANY (%(ids)s::bigint[]) AND e.deleted IS NOT TRUE
  AND intake.known_arrival(e.arrived_at, e.fetched_at) IS NOT NULL AND lower(o.from_address) = lower(e.from_address)
  AND e.arrived_at <= o.arrived_at + interval '720 hours';
