-- How the figures of errands follow from their history. Each function takes errands of one workspace.
CREATE OR REPLACE FUNCTION intake.deciding_events(of_workspace text, ids bigint[])
RETURNS TABLE (errand_id bigint, kind text, source text, happened_at timestamptz, place bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH event AS MATERIALIZED (
        SELECT e.errand_id, e.kind, e.source, e.after_at, e.happened_at, e.happened_at AS until_at
        FROM analyst.errand_event AS e
        WHERE e.workspace = of_workspace AND e.errand_id = ANY (ids) AND e.happened_at IS NOT NULL
          AND (e.kind IN ('answered', 'closed', 'reopened', 'deleted', 'gone') OR (e.kind, e.source) = ('arrived', 'report'))
          AND (
              e.source NOT IN ('action', 'report')
              -- Not a join: one more would have the planner read all errands for each.
              OR intake.known_event(e.happened_at, (
                  SELECT intake.known_arrival(r.arrived_at, r.fetched_at) FROM cention.errand AS r
                  WHERE r.workspace = of_workspace AND r.errand_id = e.errand_id
              )) IS NOT NULL
          )
        UNION ALL
        -- What had happened before the first fetch that brought a report.
        SELECT f.errand_id, k.kind, 'found', NULL,
               coalesce(intake.known_event(f.changed_at, intake.known_arrival(r.arrived_at, r.fetched_at)), f.valid_from),
               f.valid_from
        FROM (
            SELECT DISTINCT ON (v.errand_id) v.errand_id, v.changed_at, v.valid_from, v.answered, v.closed, v.deleted
            FROM cention.errand_version AS v
            WHERE v.workspace = of_workspace AND v.errand_id = ANY (ids) AND v.state <> 'gone'
            ORDER BY v.errand_id, v.valid_from
        ) AS f
        JOIN cention.errand AS r ON r.workspace = of_workspace AND r.errand_id = f.errand_id
        CROSS JOIN LATERAL (VALUES ('answered', f.answered), ('closed', f.closed), ('deleted', f.deleted)) AS k (kind, holds)
        WHERE k.holds
    ), told AS (
        SELECT e.*, bool_or(e.source = 'action') OVER of_kind AS in_log,
               max(e.happened_at) FILTER (WHERE e.source = 'callback') OVER of_kind AS last_callback_at
        FROM event AS e WINDOW of_kind AS (PARTITION BY e.errand_id, e.kind)
    ), dated AS (
        -- The change found by a fetch whose time the date of the report tells. The date is that of the last one.
        SELECT DISTINCT ON (r.errand_id, r.kind) r.errand_id, r.kind, v.after_at, v.until_at
        FROM told AS r JOIN told AS v ON (v.errand_id, v.kind) = (r.errand_id, r.kind)
        WHERE r.source = 'report' AND v.source IN ('version', 'found') AND NOT r.in_log
          AND r.happened_at > coalesce(v.after_at, '-infinity') - interval '1 minute'
          AND r.happened_at <= v.until_at + interval '1 minute'
        ORDER BY r.errand_id, r.kind, v.until_at DESC
    ), chosen AS (
        SELECT t.errand_id, t.kind, t.source,
               CASE t.source WHEN 'report' THEN least(greatest(t.happened_at, d.after_at), d.until_at)
                             ELSE t.happened_at END AS happened_at
        FROM told AS t
        LEFT JOIN dated AS d ON (d.errand_id, d.kind) = (t.errand_id, t.kind)
        WHERE t.source = 'action' OR NOT t.in_log AND CASE t.source
            WHEN 'callback' THEN true
            WHEN 'report' THEN t.last_callback_at IS NULL OR t.happened_at > t.last_callback_at + interval '1 minute'
            ELSE d.until_at IS DISTINCT FROM t.until_at AND NOT EXISTS (
                SELECT FROM told AS c
                WHERE (c.errand_id, c.kind, c.source) = (t.errand_id, t.kind, 'callback')
                  AND c.happened_at > coalesce(t.after_at, '-infinity') - interval '1 minute'
                  AND c.happened_at <= t.until_at + interval '1 hour'
            )
        END
    ), ordered AS (
        SELECT c.errand_id, c.kind, c.source, greatest(c.happened_at, k.arrived_at) AS happened_at,
               array_position(ARRAY['arrived', 'answered', 'closed', 'deleted', 'gone', 'reopened'], c.kind) AS kind_place,
               lead(c.happened_at) OVER (PARTITION BY c.errand_id, c.kind ORDER BY c.happened_at) IS NULL AS is_last,
               CASE c.kind WHEN 'deleted' THEN r.deleted IS TRUE WHEN 'gone' THEN r.gone_at IS NOT NULL END AS holds
        FROM chosen AS c
        JOIN cention.errand AS r ON r.workspace = of_workspace AND r.errand_id = c.errand_id
        CROSS JOIN LATERAL (SELECT intake.known_arrival(r.arrived_at, r.fetched_at) AS arrived_at) AS k
        WHERE c.kind <> 'arrived' OR k.arrived_at IS NOT NULL
    ), best AS (
        -- Deleted and gone count once, and only as long as they hold.
        SELECT o.errand_id, o.kind, o.source, o.happened_at, o.kind_place FROM ordered AS o
        WHERE o.holds IS NULL OR o.holds AND o.is_last
    ), newest AS (
        SELECT DISTINCT ON (b.errand_id) b.errand_id, b.kind IN ('closed', 'deleted', 'gone') AS ended
        FROM best AS b WHERE b.kind <> 'answered'
        ORDER BY b.errand_id, b.happened_at DESC, b.kind_place DESC
    ), present AS (
        -- What was found last wins: an end or a reopening that no event reports.
        SELECT n.errand_id, CASE WHEN n.ended THEN 'reopened' ELSE v.state END AS kind, 'found' AS source,
               greatest(
                   coalesce(
                       intake.known_event(v.changed_at, intake.known_arrival(r.arrived_at, r.fetched_at)), v.valid_from
                   ),
                   (SELECT max(b.happened_at) FROM best AS b WHERE b.errand_id = n.errand_id)
               ) AS happened_at, 7 AS kind_place
        FROM newest AS n
        JOIN cention.errand_version AS v
            ON v.workspace = of_workspace AND v.errand_id = n.errand_id AND v.valid_to IS NULL
        JOIN cention.errand AS r ON r.workspace = of_workspace AND r.errand_id = n.errand_id
        WHERE n.ended <> (v.state IN ('closed', 'deleted', 'gone'))
    )
    SELECT e.errand_id, e.kind, e.source, e.happened_at,
           row_number() OVER (PARTITION BY e.errand_id ORDER BY e.happened_at, e.kind_place)
    FROM (SELECT * FROM best UNION ALL SELECT * FROM present) AS e;
END;
COMMENT ON FUNCTION intake.deciding_events IS 'Events that decide the figures. Of each errand and kind those of the log, if it has any. Else callbacks, the date of the report if it is later than these, and changes between two fetches of which neither tells the time; found is what the first or the newest fetch found and no event tells. None is before the arrival; what a report or an action tells of more than a day before it is left out.';

CREATE OR REPLACE FUNCTION intake.errand_phases(of_workspace text, ids bigint[])
RETURNS TABLE (
    errand_id bigint, place bigint, kind text, source text, happened_at timestamptz, until_at timestamptz, phase text,
    phase_before text, was_closed_at timestamptz
) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH decided AS (
        SELECT d.*,
               coalesce(max(d.place) FILTER (WHERE d.kind IN ('arrived', 'reopened')) OVER so_far, 0) AS begun,
               coalesce(max(d.place) FILTER (WHERE d.kind IN ('arrived', 'reopened')) OVER before_it, 0) AS begun_before,
               coalesce(max(d.place) FILTER (WHERE d.kind IN ('closed', 'deleted', 'gone')) OVER so_far, 0) AS ended,
               coalesce(max(d.place) FILTER (WHERE d.kind = 'closed') OVER so_far, 0) AS closed,
               coalesce(max(d.place) FILTER (WHERE d.kind = 'answered') OVER so_far, 0) AS answered,
               max(d.happened_at) FILTER (WHERE d.kind = 'closed') OVER so_far AS closed_at,
               lead(d.happened_at) OVER so_far AS until_at
        FROM intake.deciding_events(of_workspace, ids) AS d
        WINDOW so_far AS (PARTITION BY d.errand_id ORDER BY d.place),
               before_it AS (so_far ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), named AS (
        SELECT d.*, CASE WHEN d.ended > d.begun THEN 'ended' WHEN d.answered > d.begun THEN 'customer' ELSE 'us' END AS phase
        FROM decided AS d
    )
    SELECT n.errand_id, n.place, n.kind, n.source, n.happened_at, n.until_at, n.phase,
           lag(n.phase) OVER (PARTITION BY n.errand_id ORDER BY n.place),
           CASE WHEN n.kind = 'reopened' AND n.closed > n.begun_before THEN n.closed_at END
    FROM named AS n;
END;
COMMENT ON FUNCTION intake.errand_phases IS 'What follows each deciding event until the next: the errand waits on us, on the customer once it is answered, or has ended. was_closed_at: for an event by which a closed errand is open again, when it was closed.';

CREATE OR REPLACE FUNCTION intake.errand_holders(of_workspace text, ids bigint[])
RETURNS TABLE (errand_id bigint, area_id bigint, agent_id bigint, from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH changed AS (
        SELECT v.errand_id, v.area_id, v.agent_id, v.valid_from,
               lag(v.valid_from) OVER by_time IS NULL AS is_first,
               (v.area_id, v.agent_id) IS NOT DISTINCT FROM (lag(v.area_id) OVER by_time, lag(v.agent_id) OVER by_time)
               AND lag(v.valid_from) OVER by_time IS NOT NULL AS is_same
        FROM cention.errand_version AS v
        WHERE v.workspace = of_workspace AND v.errand_id = ANY (ids)
        WINDOW by_time AS (PARTITION BY v.errand_id ORDER BY v.valid_from)
    )
    SELECT c.errand_id, c.area_id, c.agent_id, CASE WHEN c.is_first THEN '-infinity' ELSE c.valid_from END,
           coalesce(lead(c.valid_from) OVER (PARTITION BY c.errand_id ORDER BY c.valid_from), 'infinity')
    FROM changed AS c WHERE NOT c.is_same
    UNION ALL
    SELECT e.errand_id, e.area_id, e.agent_id, '-infinity', 'infinity'
    FROM cention.errand AS e
    WHERE e.workspace = of_workspace AND e.errand_id = ANY (ids) AND NOT EXISTS (
        SELECT FROM cention.errand_version AS v WHERE (v.workspace, v.errand_id) = (e.workspace, e.errand_id)
    );
END;
COMMENT ON FUNCTION intake.errand_holders IS 'In which area and with which agent errands were, by the newest fetch before; earlier than the first fetch, what that found.';

CREATE OR REPLACE FUNCTION intake.minutes(since timestamptz, until timestamptz) RETURNS numeric
LANGUAGE sql IMMUTABLE
RETURN round((extract(epoch FROM until) - extract(epoch FROM since)) / 60, 2);
COMMENT ON FUNCTION intake.minutes IS 'Minutes between two moments, rounded to hundredths.';

CREATE OR REPLACE FUNCTION intake.business_minutes(
    workspace text, area_id bigint, since timestamptz, until timestamptz
) RETURNS numeric LANGUAGE sql STABLE
RETURN round(analyst.business_seconds(workspace, area_id, since, until) / 60, 2);
COMMENT ON FUNCTION intake.business_minutes IS 'Minutes between two moments in opening hours, rounded to hundredths.';
