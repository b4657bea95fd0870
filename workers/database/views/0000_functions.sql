-- Functions: lateness, waiting times and the current day, each defined once for analysts, commands and alarms.
CREATE OR REPLACE FUNCTION intake.is_late(last_at timestamptz, poll_every_s integer) RETURNS boolean
LANGUAGE sql STABLE
RETURN coalesce(last_at < now() - greatest(3 * coalesce(poll_every_s, 15), 60) * interval '1 second', true);
COMMENT ON FUNCTION intake.is_late IS 'True if a list of changed records was last read more than three intervals ago, at least a minute, or never.';

CREATE OR REPLACE FUNCTION intake.was_read_within(of_workspace text, of_family text, every_s double precision)
RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM intake.poll
    WHERE workspace = of_workspace AND family = of_family AND found IS NOT NULL
      AND started_at > now() - make_interval(secs => every_s) AND started_at <= clock_timestamp()
);
COMMENT ON FUNCTION intake.was_read_within IS 'True if an attempt to read a list of changed records, or to refresh a mirror, succeeded and began within so many seconds. One in the future does not count: the clock of the database was set back.';

CREATE OR REPLACE FUNCTION intake.waits_since(wanted_at timestamptz, due_at timestamptz, looks integer)
RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN CASE WHEN looks > 0 THEN due_at ELSE wanted_at END;
COMMENT ON FUNCTION intake.waits_since IS 'Since when a record on the list waits: since it was wanted, whatever was tried since; a record that is stored except for its SLA, since its next fetch was due.';

CREATE OR REPLACE FUNCTION intake.oldest_waiting_at(of_workspace text, of_family text)
RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
-- Analysts may not read the list itself. By two indexes, however long the list is: it is the earliest due_at, unless a record was put off.
RETURN least(
    (SELECT min(due_at) FROM intake.wanted
     WHERE (workspace, family) = (of_workspace, of_family) AND parked_at IS NULL),
    (SELECT min(wanted_at) FROM intake.wanted
     WHERE (workspace, family) = (of_workspace, of_family) AND parked_at IS NULL AND looks = 0 AND wanted_at < due_at)
);
COMMENT ON FUNCTION intake.oldest_waiting_at IS 'The earliest intake.waits_since of the records of a family that are not parked; null if there is none.';

CREATE OR REPLACE FUNCTION intake.is_uncounted(counted_at timestamptz, first_poll_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
RETURN coalesce(coalesce(counted_at, first_poll_at) < now() - interval '30 minutes', false);
COMMENT ON FUNCTION intake.is_uncounted IS 'True if the last reconciliation was more than three intervals of ten minutes ago, or if there was none and polling began that long ago.';

CREATE OR REPLACE FUNCTION intake.is_silent(received_at timestamptz, answered_at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN coalesce(answered_at > received_at + interval '1 hour', false);
COMMENT ON FUNCTION intake.is_silent IS 'True if the last errand was answered more than an hour after the last callback was received; false if there is none of either.';

CREATE OR REPLACE FUNCTION intake.is_unrenewed(renewed_at timestamptz, since_at timestamptz, every_s integer)
RETURNS boolean LANGUAGE sql STABLE
RETURN CASE
    WHEN renewed_at IS NOT NULL THEN intake.is_late(renewed_at, every_s)
    ELSE since_at < now() - least(greatest(3 * every_s, 60), 1800) * interval '1 second'
END;
COMMENT ON FUNCTION intake.is_unrenewed IS 'True if a mirror was last refreshed more than three intervals ago, at least a minute; or never, although it was enabled that long ago, or half an hour ago.';

CREATE OR REPLACE FUNCTION intake.today(timezone text) RETURNS date LANGUAGE sql STABLE
RETURN (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date;
COMMENT ON FUNCTION intake.today IS 'Current day in the time zone of a workspace (cention.workspace.timezone, UTC if unset).';

CREATE OR REPLACE FUNCTION intake.end_of_day(day date, timezone text) RETURNS timestamptz LANGUAGE sql STABLE
-- Of a midnight that the clocks skip, PostgreSQL takes the moment of the change, and of one that comes twice, the second.
RETURN (
    SELECT midnight.at - greatest(before.local - midnight.local, interval '0')
    FROM (SELECT (day + 1)::timestamp AS local, (day + 1)::timestamp AT TIME ZONE timezone AS at) AS midnight
    CROSS JOIN LATERAL (
        SELECT (midnight.at - interval '1 microsecond') AT TIME ZONE timezone + interval '1 microsecond' AS local
    ) AS before
);
COMMENT ON FUNCTION intake.end_of_day IS 'The first moment after a day in a time zone, also where midnight does not exist or comes twice.';

CREATE OR REPLACE FUNCTION intake.known_arrival(arrived_at timestamptz, fetched_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE
    WHEN arrived_at >= timestamptz '2000-01-01 00:00:00+00' AND arrived_at <= fetched_at + interval '24 hours' THEN arrived_at
END;
COMMENT ON FUNCTION intake.known_arrival IS 'When an errand arrived; null for a time before 2000, which stands for none in other systems, or more than a day after its report was fetched.';

CREATE OR REPLACE FUNCTION intake.known_event(happened_at timestamptz, arrived_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE
    WHEN happened_at >= timestamptz '2000-01-01 00:00:00+00'
         AND (happened_at < arrived_at - interval '24 hours') IS NOT TRUE THEN happened_at
END;
COMMENT ON FUNCTION intake.known_event IS 'When something happened to an errand by a report or an action; null for a time before 2000, or more than a day before the arrival that intake.known_arrival returns.';

-- Of what fails again and again, the others are not to wait for: at first a minute, at last an hour.
CREATE OR REPLACE FUNCTION intake.next_retry_at(failures integer) RETURNS timestamptz LANGUAGE sql STABLE
RETURN now() + least(interval '1 minute' * 2 ^ least(failures, 10), interval '1 hour');
COMMENT ON FUNCTION intake.next_retry_at IS 'When a day or login name that had failed so often before, and has failed once more, is computed again: a minute later at first, twice as long after each failure, an hour at most.';

CREATE OR REPLACE FUNCTION intake.may_retry(retry_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(retry_at NOT BETWEEN now() AND now() + interval '1 hour', true);
COMMENT ON FUNCTION intake.may_retry IS 'True if a time to try again is over or null. A time more than an hour ahead is of a clock that was set back: it counts as over.';

-- Ids and fetch times only; the outcome of a report is defined once, for all families.
DROP VIEW IF EXISTS intake.report;
CREATE VIEW intake.report AS
SELECT r.workspace, r.family, r.day, r.remote_id, r.reported_at,
       CASE
           WHEN l.fetched_at >= r.reported_at AND l.problem IS NOT NULL AND stored.fetched_at > l.fetched_at IS NOT TRUE
               THEN 'unreadable'
           WHEN stored.fetched_at >= r.reported_at THEN stored.state
           WHEN w.parked_at IS NOT NULL THEN 'parked'
           WHEN w.remote_id IS NOT NULL THEN 'pending'
           ELSE 'missing'
       END AS state
FROM intake.reported AS r
LEFT JOIN intake.landed AS l
    ON (l.workspace, l.family, l.remote_id) = (r.workspace, r.family, r.remote_id) AND l.problem IS NOT NULL
LEFT JOIN intake.wanted AS w ON (w.workspace, w.family, w.remote_id) = (r.workspace, r.family, r.remote_id)
LEFT JOIN cention.errand AS e
    ON r.family = 'errand_reports' AND (e.workspace, e.errand_id) = (r.workspace, r.remote_id)
LEFT JOIN cention.facebook_rating AS f
    ON r.family = 'facebook_ratings' AND (f.workspace, f.rating_id) = (r.workspace, r.remote_id)
LEFT JOIN cention.attachment AS a
    ON a.workspace = r.workspace AND a.attachment_id = r.remote_id
    AND a.kind = CASE r.family
        WHEN 'response_attachments' THEN 'response'
        WHEN 'area_archives' THEN 'area_archive'
        WHEN 'library_attachments' THEN 'library'
    END
CROSS JOIN LATERAL (
    SELECT coalesce(e.fetched_at, f.fetched_at, a.fetched_at) AS fetched_at,
           CASE
               WHEN e.gone_at IS NOT NULL OR f.gone_at IS NOT NULL OR a.state = 'gone' THEN 'gone'
               WHEN a.state = 'refused' THEN 'unreadable'
               ELSE 'stored'
           END AS state
) AS stored;
COMMENT ON VIEW intake.report IS 'Every report in intake.reported, with its outcome.';
COMMENT ON COLUMN intake.report.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.report.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.report.day IS 'Day in the workspace''s time zone on which it was reported.';
COMMENT ON COLUMN intake.report.remote_id IS 'Cention''s id of the record.';
COMMENT ON COLUMN intake.report.reported_at IS 'When it was last reported on that day.';
COMMENT ON COLUMN intake.report.state IS 'stored, gone, unreadable, parked, pending, or missing: neither fetched since nor on the list.';
