-- What happened on which day: the base of the views by day.
DROP VIEW IF EXISTS analyst.tag_day, analyst.area_day, analyst.agent_day, intake.day_figures, analyst.errand_day;

CREATE VIEW analyst.errand_day AS
SELECT e.workspace,
       (event.happened_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date AS day,
       event.name AS event,
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
FROM cention.errand AS e
LEFT JOIN cention.workspace AS w ON w.workspace = e.workspace
CROSS JOIN LATERAL (VALUES ('arrived', e.arrived_at), ('answered', e.answered_at)) AS event (name, happened_at)
WHERE event.name = 'arrived' OR event.happened_at IS NOT NULL;

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
