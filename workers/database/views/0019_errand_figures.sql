-- How the figures of errands follow from their history. Each function takes errands of one workspace.
CREATE OR REPLACE FUNCTION intake.deciding_events(of_workspace text, ids bigint[])
RETURNS TABLE (errand_id bigint, kind text, happened_at timestamptz, place bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH found AS MATERIALIZED (
        SELECT e.errand_id, e.kind, greatest(e.happened_at, r.arrived_at) AS happened_at,
               array_position(ARRAY['action', 'callback', 'report', 'version'], e.source) AS source_place,
               array_position(ARRAY['arrived', 'answered', 'closed', 'deleted', 'gone', 'reopened'], e.kind) AS kind_place
        FROM analyst.errand_event AS e
        JOIN cention.errand AS r ON (r.workspace, r.errand_id) = (e.workspace, e.errand_id)
        WHERE e.workspace = of_workspace AND e.errand_id = ANY (ids) AND e.happened_at IS NOT NULL
          AND e.kind IN ('arrived', 'answered', 'closed', 'reopened', 'deleted', 'gone')
          AND (e.kind <> 'arrived' OR e.source = 'report')
    ), ranked AS (
        SELECT f.*, min(f.source_place) OVER (PARTITION BY f.errand_id, f.kind) AS best_place FROM found AS f
    ), best AS (
        SELECT r.errand_id, r.kind, r.happened_at, r.kind_place FROM ranked AS r WHERE r.source_place = r.best_place
    ), newest AS (
        SELECT DISTINCT ON (b.errand_id) b.errand_id, b.kind IN ('closed', 'deleted', 'gone') AS ended
        FROM best AS b WHERE b.kind <> 'answered'
        ORDER BY b.errand_id, b.happened_at DESC, b.kind_place DESC
    ), present AS (
        -- What was found last wins: an end or a reopening that no event reports.
        SELECT n.errand_id, CASE WHEN n.ended THEN 'reopened' ELSE v.state END AS kind,
               greatest(
                   coalesce(v.changed_at, v.valid_from),
                   (SELECT max(b.happened_at) FROM best AS b WHERE b.errand_id = n.errand_id)
               ) AS happened_at, 7 AS kind_place
        FROM newest AS n
        JOIN cention.errand_version AS v
            ON v.workspace = of_workspace AND v.errand_id = n.errand_id AND v.valid_to IS NULL
        WHERE n.ended <> (v.state IN ('closed', 'deleted', 'gone'))
    )
    SELECT e.errand_id, e.kind, e.happened_at,
           row_number() OVER (PARTITION BY e.errand_id ORDER BY e.happened_at, e.kind_place)
    FROM (SELECT * FROM best UNION ALL SELECT * FROM present) AS e;
END;
COMMENT ON FUNCTION intake.deciding_events IS 'Events that decide the figures: for each errand and kind those of the best source alone, of action, callback, report and version. None is before the arrival. If the newest version says otherwise than they do, its end or reopening follows.';

CREATE OR REPLACE FUNCTION intake.errand_phases(of_workspace text, ids bigint[])
RETURNS TABLE (
    errand_id bigint, place bigint, kind text, happened_at timestamptz, until_at timestamptz, phase text,
    phase_before text, ended_at timestamptz
) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH decided AS (
        SELECT d.*,
               coalesce(max(d.place) FILTER (WHERE d.kind IN ('arrived', 'reopened')) OVER so_far, 0) AS begun,
               coalesce(max(d.place) FILTER (WHERE d.kind IN ('closed', 'deleted', 'gone')) OVER so_far, 0) AS ended,
               coalesce(max(d.place) FILTER (WHERE d.kind = 'answered') OVER so_far, 0) AS answered,
               max(d.happened_at) FILTER (WHERE d.kind IN ('closed', 'deleted', 'gone')) OVER so_far AS ended_at,
               lead(d.happened_at) OVER so_far AS until_at
        FROM intake.deciding_events(of_workspace, ids) AS d
        WINDOW so_far AS (PARTITION BY d.errand_id ORDER BY d.place)
    ), named AS (
        SELECT d.*, CASE WHEN d.ended > d.begun THEN 'ended' WHEN d.answered > d.begun THEN 'customer' ELSE 'us' END AS phase
        FROM decided AS d
    )
    SELECT n.errand_id, n.place, n.kind, n.happened_at, n.until_at, n.phase,
           lag(n.phase) OVER (PARTITION BY n.errand_id ORDER BY n.place), n.ended_at
    FROM named AS n;
END;
COMMENT ON FUNCTION intake.errand_phases IS 'What follows each deciding event until the next: the errand waits on us, on the customer once it is answered, or has ended.';

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
