-- Business time: how long an area was open between two moments.
-- Minutes are of the local clock. Of a time that the clocks skip, PostgreSQL takes what it would have been
-- without the change; of one that comes twice, the second.
CREATE OR REPLACE FUNCTION analyst.open_times(workspace text, area_id bigint, since timestamptz, until timestamptz)
RETURNS tstzmultirange LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(range_agg(tstzrange(opens.at, closes.at)), '{}'::tstzmultirange)
           * tstzmultirange(tstzrange(open_times.since, greatest(open_times.since, open_times.until)))
    FROM (
        SELECT coalesce(max(w.timezone), 'UTC') AS name FROM cention.workspace AS w
        WHERE w.workspace = open_times.workspace
    ) AS zone
    -- Hours that began the day before may go on. One more day, as clocks may change at midnight.
    CROSS JOIN LATERAL generate_series(
        ((open_times.since AT TIME ZONE zone.name)::date - 2)::timestamp,
        ((open_times.until AT TIME ZONE zone.name)::date + 1)::timestamp, interval '1 day'
    ) AS d (day)
    JOIN cention.opening_hours AS h
        ON h.workspace = open_times.workspace AND h.weekday = extract(isodow FROM d.day)
        AND h.area_id IS NOT DISTINCT FROM (
            SELECT o.area_id FROM cention.opening_hours AS o
            WHERE o.workspace = open_times.workspace AND o.area_id = open_times.area_id LIMIT 1
        )
    CROSS JOIN LATERAL (SELECT (d.day + h.from_minute * interval '1 minute') AT TIME ZONE zone.name) AS opens (at)
    CROSS JOIN LATERAL (SELECT (d.day + h.to_minute * interval '1 minute') AT TIME ZONE zone.name) AS closes (at)
    WHERE opens.at < closes.at AND NOT EXISTS (
        SELECT FROM cention.holiday AS f
        WHERE f.workspace = open_times.workspace AND f.date = d.day::date
          AND (f.area_id IS NULL OR f.area_id = open_times.area_id)
    );
END;
COMMENT ON FUNCTION analyst.open_times IS 'The times between two moments at which an area was open, in order and without overlap. Empty if neither the area nor the workspace has opening hours.';

CREATE OR REPLACE FUNCTION analyst.has_opening_hours(workspace text, area_id bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM cention.opening_hours AS h
        WHERE h.workspace = has_opening_hours.workspace
          AND (h.area_id IS NULL OR h.area_id = has_opening_hours.area_id)
    );
END;
COMMENT ON FUNCTION analyst.has_opening_hours IS 'True if the area or the workspace has opening hours; else business time is calendar time.';

CREATE OR REPLACE FUNCTION analyst.business_seconds(
    workspace text, area_id bigint, since timestamptz, until timestamptz
) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN business_seconds.since IS NULL OR business_seconds.until IS NULL THEN NULL
        WHEN business_seconds.until <= business_seconds.since THEN 0
        WHEN analyst.has_opening_hours(business_seconds.workspace, business_seconds.area_id) THEN (
            SELECT coalesce(sum(extract(epoch FROM upper(one)) - extract(epoch FROM lower(one))), 0)
            FROM unnest(analyst.open_times(
                business_seconds.workspace, business_seconds.area_id, business_seconds.since, business_seconds.until
            )) AS one
        )
        ELSE extract(epoch FROM business_seconds.until) - extract(epoch FROM business_seconds.since)
    END;
END;
COMMENT ON FUNCTION analyst.business_seconds IS 'Seconds between two moments at which an area was open: by its own opening hours, else those of the workspace, else all seconds (analyst.has_opening_hours). 0 if the second is not later; null if one is null.';
