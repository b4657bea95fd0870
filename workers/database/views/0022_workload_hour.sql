-- Arrivals, answers and what was open, hour by hour: for heat maps and staffing.
DROP VIEW IF EXISTS analyst.workload_hour;

-- From the days to their rows by indexes: a filter by day reads no other day. They begin in 2000, as in agent_week.
CREATE VIEW analyst.workload_hour AS
SELECT w.workspace, one.day, extract(isodow FROM one.day)::integer AS weekday, f.hour, f.area_id, f.service_id,
       f.arrived, f.responses, f.open, f.waiting_on_us
FROM cention.workspace AS w
CROSS JOIN LATERAL (SELECT coalesce(w.timezone, 'UTC') AS zone) AS clock
CROSS JOIN LATERAL (
    SELECT least(
        (SELECT min(arrived_on) FROM analyst.errand_metrics WHERE workspace = w.workspace),
        (SELECT min(responded_at) AT TIME ZONE clock.zone FROM analyst.errand_response
         WHERE workspace = w.workspace AND responded_at >= '2000-01-01 UTC')
    )::date::timestamp AS day
) AS oldest
CROSS JOIN LATERAL generate_series(oldest.day, now() AT TIME ZONE clock.zone, interval '1 day') AS begins (at)
CROSS JOIN LATERAL (SELECT begins.at::date AS day) AS one
CROSS JOIN LATERAL (
    -- An hour that the clocks skip is left out; of one that comes twice, the second beginning counts.
    SELECT array_agg(begun.at ORDER BY h.hour) AS times, array_agg(h.hour ORDER BY h.hour) AS hours
    FROM generate_series(0, 23) AS h (hour)
    CROSS JOIN LATERAL (SELECT (one.day + h.hour * interval '1 hour') AT TIME ZONE clock.zone AS at) AS begun
    WHERE extract(hour FROM begun.at AT TIME ZONE clock.zone) = h.hour AND begun.at <= now()
) AS marks
CROSS JOIN LATERAL (
    SELECT x.hour, x.area_id, x.service_id, sum(x.arrived)::bigint AS arrived, sum(x.responses)::bigint AS responses,
           sum(x.open)::bigint AS open, sum(x.waiting_on_us)::bigint AS waiting_on_us
    FROM (
        SELECT extract(hour FROM m.arrived_at AT TIME ZONE clock.zone)::integer AS hour,
               CASE WHEN v.found THEN v.area_id ELSE m.area_id END AS area_id, m.service_id,
               1 AS arrived, 0 AS responses, 0 AS open, 0 AS waiting_on_us
        FROM analyst.errand_metrics AS m
        LEFT JOIN LATERAL (
            SELECT true AS found, e.area_id FROM cention.errand_version AS e
            WHERE (e.workspace, e.errand_id) = (m.workspace, m.errand_id)
            ORDER BY e.valid_from LIMIT 1
        ) AS v ON true
        WHERE m.workspace = w.workspace AND m.arrived_on = one.day
        UNION ALL
        -- Three hours more on both sides: where clocks are set back at midnight, a time may lie before its own day.
        SELECT extract(hour FROM r.responded_at AT TIME ZONE clock.zone)::integer, r.area_id, m.service_id, 0, 1, 0, 0
        FROM analyst.errand_response AS r
        JOIN analyst.errand_metrics AS m ON (m.workspace, m.errand_id) = (r.workspace, r.errand_id)
        WHERE r.workspace = w.workspace
          AND r.responded_at >= one.day::timestamp AT TIME ZONE clock.zone - interval '3 hours'
          AND r.responded_at < (one.day + 1)::timestamp AT TIME ZONE clock.zone + interval '3 hours'
          AND (r.responded_at AT TIME ZONE clock.zone)::date = one.day
        UNION ALL
        SELECT marks.hours[place], o.area_id, o.service_id, 0, 0, o.errands,
               CASE WHEN o.waiting_on = 'us' THEN o.errands ELSE 0 END
        FROM (
            -- The hours that began after from_at, and not after to_at.
            SELECT s.area_id, s.service_id, s.waiting_on, width_bucket(s.from_at, marks.times) + 1 AS first,
                   CASE WHEN s.to_at IS NULL THEN cardinality(marks.times)
                        ELSE width_bucket(s.to_at, marks.times) END AS last,
                   count(*) AS errands
            FROM analyst.open_span AS s
            WHERE s.workspace = w.workspace
              AND tstzrange(s.from_at, s.to_at, '[]')
                  && tstzrange(marks.times[1], marks.times[cardinality(marks.times)], '[]')
            GROUP BY 1, 2, 3, 4, 5
        ) AS o
        CROSS JOIN LATERAL generate_series(o.first, o.last) AS place
    ) AS x
    GROUP BY x.hour, x.area_id, x.service_id
) AS f;

COMMENT ON VIEW analyst.workload_hour IS 'One row per day, hour, area and channel in which an errand arrived, was answered or was open; no row where there was none, so divide sums by the number of days. Deleted errands are counted until they were deleted. Key: workspace, day, hour, area_id, service_id.';
COMMENT ON COLUMN analyst.workload_hour.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.workload_hour.day IS 'Day in the workspace''s time zone. Always filter by it: only these days are computed.';
COMMENT ON COLUMN analyst.workload_hour.weekday IS 'Day of the week, from 1 for Monday to 7.';
COMMENT ON COLUMN analyst.workload_hour.hour IS 'Hour of the workspace''s clock, from 0 to 23; one that the clocks skip is left out, one that comes twice is one row.';
COMMENT ON COLUMN analyst.workload_hour.area_id IS 'Area the errands were in then, by the newest fetch before; earlier than the first fetch, what that found; null: none.';
COMMENT ON COLUMN analyst.workload_hour.service_id IS 'Channel of the errands; null: none.';
COMMENT ON COLUMN analyst.workload_hour.arrived IS 'Errands that arrived in this hour, those that were deleted later included.';
COMMENT ON COLUMN analyst.workload_hour.responses IS 'Answers that were sent in this hour.';
COMMENT ON COLUMN analyst.workload_hour.open IS 'Errands that were open when the hour began; of an hour that comes twice, when it began for the second time.';
COMMENT ON COLUMN analyst.workload_hour.waiting_on_us IS 'Of these: not answered since they arrived or were reopened.';
