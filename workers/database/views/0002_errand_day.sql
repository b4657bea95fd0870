-- What happened on which day: the base of the views by day.
DROP VIEW IF EXISTS
    analyst.tag_day, analyst.area_day, analyst.agent_day, intake.tag_day_computed, intake.area_day_computed,
    intake.agent_day_computed, intake.day_figures, analyst.errand_day, intake.known_day;

-- From the workspaces of errands, each found by index, to their days: one that has no row of its own has days of UTC.
-- It begins a day early: where clocks are set back just after midnight, a time may belong to the day before its date.
CREATE VIEW intake.known_day AS
WITH RECURSIVE own AS (
    (SELECT e.workspace FROM cention.errand AS e ORDER BY e.workspace LIMIT 1)
    UNION ALL
    SELECT (SELECT e.workspace FROM cention.errand AS e WHERE e.workspace > o.workspace ORDER BY e.workspace LIMIT 1)
    FROM own AS o WHERE o.workspace IS NOT NULL
)
SELECT o.workspace,
       one.day,
       intake.end_of_day(one.day - 1, clock.zone) AS from_at,
       intake.end_of_day(one.day, clock.zone) AS to_at
FROM own AS o
LEFT JOIN cention.workspace AS w ON w.workspace = o.workspace
CROSS JOIN LATERAL (SELECT coalesce(w.timezone, 'UTC') AS zone) AS clock
CROSS JOIN LATERAL (
    SELECT min(a.arrived_at) AS first_at, max(a.arrived_at) AS last_at FROM cention.errand AS a
    WHERE a.workspace = o.workspace AND a.arrived_at >= '1990-01-01 UTC' AND a.arrived_at < '2100-01-01 UTC'
) AS arrived
CROSS JOIN LATERAL (
    SELECT min(a.answered_at) AS first_at, max(a.answered_at) AS last_at FROM cention.errand AS a
    WHERE a.workspace = o.workspace AND a.answered_at >= '1990-01-01 UTC' AND a.answered_at < '2100-01-01 UTC'
) AS answered
CROSS JOIN LATERAL generate_series(
    date_trunc('day', least(arrived.first_at, answered.first_at) AT TIME ZONE clock.zone) - interval '1 day',
    greatest(arrived.last_at, answered.last_at) AT TIME ZONE clock.zone, interval '1 day'
) AS d (midnight)
CROSS JOIN LATERAL (SELECT d.midnight::date AS day) AS one;
COMMENT ON VIEW intake.known_day IS 'Days from the one before the first arrival or answer of a workspace to the last, of the years 1990 to 2099.';
COMMENT ON COLUMN intake.known_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.known_day.day IS 'Day in the workspace''s time zone.';
COMMENT ON COLUMN intake.known_day.from_at IS 'When it begins.';
COMMENT ON COLUMN intake.known_day.to_at IS 'When it ends: the next day begins.';

-- Days come first, and what happened on each is looked up by index: so one day is as quick as it is small.
-- OFFSET 0 keeps this order. A condition on the workspace reaches its days first, so those of others are not looked up.
-- Times without a day in the list are looked up apart: none, and those of other centuries.
CREATE VIEW analyst.errand_day AS
SELECT e.of_workspace AS workspace,
       e.day,
       e.event,
       e.errand_id,
       e.service_id,
       e.organisation_id,
       e.area_id,
       e.agent_id,
       e.answered IS TRUE AS answered,
       e.closed IS TRUE AS closed,
       e.deleted IS TRUE AS deleted,
       e.gone_at IS NOT NULL AS gone,
       e.gone_at IS NULL AND e.deleted IS NOT TRUE AND e.closed IS NOT TRUE AS open,
       CASE WHEN e.deleted IS NOT TRUE THEN e.within_sla END AS within_sla,
       CASE WHEN e.deleted IS NOT TRUE AND e.closed THEN e.handling_time_s / 60.0 END AS handling_time_min,
       CASE WHEN e.deleted IS NOT TRUE AND e.answered THEN e.response_time_s / 60.0 END AS response_time_min,
       CASE WHEN e.deleted IS NOT TRUE THEN e.feedback_value END AS feedback_value
FROM (
    SELECT d.workspace AS of_workspace, d.day, 'arrived' AS event, a.* FROM intake.known_day AS d
    CROSS JOIN LATERAL (
        SELECT r.* FROM cention.errand AS r
        WHERE r.workspace = d.workspace AND r.arrived_at >= d.from_at AND r.arrived_at < d.to_at OFFSET 0
    ) AS a
    WHERE a.arrived_at >= '1990-01-01 UTC' AND a.arrived_at < '2100-01-01 UTC'
    UNION ALL
    SELECT d.workspace, d.day, 'answered', a.* FROM intake.known_day AS d
    CROSS JOIN LATERAL (
        SELECT r.* FROM cention.errand AS r
        WHERE r.workspace = d.workspace AND r.answered_at >= d.from_at AND r.answered_at < d.to_at OFFSET 0
    ) AS a
    WHERE a.answered_at >= '1990-01-01 UTC' AND a.answered_at < '2100-01-01 UTC'
    UNION ALL
    SELECT a.workspace, (a.arrived_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date, 'arrived', a.*
    FROM cention.errand AS a LEFT JOIN cention.workspace AS w ON w.workspace = a.workspace
    WHERE a.arrived_at IS NULL OR a.arrived_at < '1990-01-01 UTC' OR a.arrived_at >= '2100-01-01 UTC'
    UNION ALL
    SELECT a.workspace, (a.answered_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date, 'answered', a.*
    FROM cention.errand AS a LEFT JOIN cention.workspace AS w ON w.workspace = a.workspace
    WHERE a.answered_at < '1990-01-01 UTC' OR a.answered_at >= '2100-01-01 UTC'
) AS e;

COMMENT ON VIEW analyst.errand_day IS
    'One row for the arrival and one for the answer of each errand, with the day: for your own statistics by day. The figures of deleted errands are null, so that spam does not distort averages; count them by deleted. Key: workspace, errand_id, event. Each errand_id is in analyst.errand_overview.';
COMMENT ON COLUMN analyst.errand_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.errand_day.day IS 'Day of the event in the workspace''s time zone (cention.workspace.timezone, UTC if unset); null if Cention never reported the arrival.';
COMMENT ON COLUMN analyst.errand_day.event IS 'arrived or answered: every errand has one row for its arrival, answered ones a second for their answer.';
COMMENT ON COLUMN analyst.errand_day.errand_id IS 'Errand.';
COMMENT ON COLUMN analyst.errand_day.service_id IS 'Channel.';
COMMENT ON COLUMN analyst.errand_day.organisation_id IS 'Organisation.';
COMMENT ON COLUMN analyst.errand_day.area_id IS 'Area it is in now.';
COMMENT ON COLUMN analyst.errand_day.agent_id IS 'Agent it is assigned to now; null if unassigned.';
COMMENT ON COLUMN analyst.errand_day.answered IS 'It was answered.';
COMMENT ON COLUMN analyst.errand_day.closed IS 'It is closed.';
COMMENT ON COLUMN analyst.errand_day.deleted IS 'It is deleted in Cention.';
COMMENT ON COLUMN analyst.errand_day.gone IS 'It no longer exists in Cention.';
COMMENT ON COLUMN analyst.errand_day.open IS 'Neither closed nor deleted nor gone.';
COMMENT ON COLUMN analyst.errand_day.within_sla IS 'Handled within the SLA; null until computed, and for deleted errands.';
COMMENT ON COLUMN analyst.errand_day.handling_time_min IS 'Total handling time in minutes; null unless closed, because until then it grows; null for deleted errands.';
COMMENT ON COLUMN analyst.errand_day.response_time_min IS 'Total response time in minutes; null unless answered, because until then it is 0; null for deleted errands.';
COMMENT ON COLUMN analyst.errand_day.feedback_value IS 'Rating of satisfaction; null for none, and for deleted errands.';
