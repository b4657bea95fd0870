-- Whether the tables are up to date: distinguishes missing updates from a lack of changes.
DROP VIEW IF EXISTS analyst.freshness;

-- Runs with its owner's rights: analysts may read it, but not the operational tables behind it.
CREATE VIEW analyst.freshness AS
WITH workspace AS (
    SELECT workspace, timezone, poll_every_s FROM cention.workspace
), listed AS (
    SELECT workspace, family FROM workspace, unnest(ARRAY['errand_reports', 'facebook_ratings']) AS family
    UNION SELECT workspace, family FROM intake.wanted_figure
    -- Refreshes of mirrors are below, and only of mirrors that are enabled.
    UNION SELECT workspace, family FROM intake.polled_family
    WHERE family NOT IN ('library', 'agent_logons', 'exports')
    UNION SELECT workspace, family FROM intake.pause WHERE family NOT IN ('library', 'agent_logons', 'exports')
    UNION SELECT workspace, family FROM intake.completeness WHERE missing > 0
    -- Family by family, because intake.landed has every record that was ever fetched.
    UNION SELECT w.workspace, files.family
    FROM workspace AS w
    CROSS JOIN unnest(ARRAY['response_attachments', 'area_archives', 'library_attachments']) AS files (family)
    WHERE (
        SELECT true FROM intake.landed AS l WHERE (l.workspace, l.family) = (w.workspace, files.family)
        ORDER BY l.remote_id  -- so that it is looked up in the index, also where there is none
        LIMIT 1
    )
), fetched AS (
    SELECT l.workspace, l.family, coalesce(w.wanted, 0) AS waiting, coalesce(w.due, 0) AS due,
           coalesce(w.parked, 0) AS parked, problem.unreadable, w.oldest_waiting_at,
           poll.started_at AS last_poll_at, poll.error AS last_poll_error,
           success.started_at AS last_successful_poll_at, NULL::timestamptz AS last_callback_at,
           stored.last_stored_at, pause.since_at AS paused_since_at, pause.reason AS pause_reason,
           counted.missing, counted.at AS counted_at, today.reported AS reported_today,
           CASE
               WHEN counted.missing > 0 THEN 'missing'
               WHEN pause.since_at IS NOT NULL THEN 'paused'
               WHEN NOT polls.regularly THEN NULL
               WHEN poll.started_at IS NULL THEN 'never polled'
               WHEN intake.is_late(success.started_at, ws.poll_every_s) THEN 'stalled'
               WHEN intake.is_uncounted(counted.at, first_poll.at) THEN 'uncounted'
           END AS alarm,
           w.oldest_waiting_at < now() - interval '5 minutes' AS slow,
           false AS partly,
           'the list of changed records was' AS what
    FROM listed AS l
    LEFT JOIN workspace AS ws ON ws.workspace = l.workspace
    LEFT JOIN intake.pause ON (pause.workspace, pause.family) = (l.workspace, l.family)
    CROSS JOIN LATERAL (SELECT l.family IN ('errand_reports', 'facebook_ratings') AS regularly) AS polls
    LEFT JOIN intake.wanted_figure AS w ON (w.workspace, w.family) = (l.workspace, l.family)
    CROSS JOIN LATERAL (
        SELECT count(*) AS unreadable FROM intake.landed AS d
        WHERE (d.workspace, d.family) = (l.workspace, l.family) AND d.problem IS NOT NULL
    ) AS problem
    CROSS JOIN LATERAL (
        SELECT max(d.understood_at) AS last_stored_at FROM intake.landed AS d
        WHERE (d.workspace, d.family) = (l.workspace, l.family)
    ) AS stored
    LEFT JOIN LATERAL (
        SELECT p.started_at, p.error FROM intake.poll AS p
        WHERE (p.workspace, p.family) = (l.workspace, l.family) AND p.ended_at IS NOT NULL
        ORDER BY p.started_at DESC LIMIT 1
    ) AS poll ON true
    LEFT JOIN LATERAL (
        SELECT p.started_at FROM intake.poll AS p
        WHERE (p.workspace, p.family) = (l.workspace, l.family) AND p.found IS NOT NULL
        ORDER BY p.started_at DESC LIMIT 1
    ) AS success ON true
    CROSS JOIN LATERAL (
        SELECT min(p.started_at) AS at FROM intake.poll AS p
        WHERE (p.workspace, p.family) = (l.workspace, l.family)
    ) AS first_poll
    CROSS JOIN LATERAL (
        SELECT sum(c.missing)::bigint AS missing, max(c.checked_at) AS at FROM intake.completeness AS c
        WHERE (c.workspace, c.family) = (l.workspace, l.family)
    ) AS counted
    LEFT JOIN intake.completeness AS today
        ON (today.workspace, today.family) = (l.workspace, l.family)
        AND today.day = intake.today(ws.timezone)
), received AS (
    SELECT l.workspace, 'callbacks' AS family, unfiled.count AS waiting, unfiled.count AS due, 0::bigint AS parked,
           problem.count AS unreadable, unfiled.oldest_at AS oldest_waiting_at,
           NULL::timestamptz AS last_poll_at, NULL::text AS last_poll_error,
           NULL::timestamptz AS last_successful_poll_at, newest.received_at AS last_callback_at,
           filed.filed_at AS last_stored_at, NULL::timestamptz AS paused_since_at, NULL::text AS pause_reason,
           NULL::bigint AS missing, NULL::timestamptz AS counted_at, NULL::bigint AS reported_today,
           CASE
               WHEN newest.received_at IS NULL THEN 'never received'
               WHEN intake.is_silent(newest.received_at, answered.last_at) THEN 'silent'
           END AS alarm,
           unfiled.oldest_at < now() - interval '1 minute' AS slow,
           false AS partly,
           NULL::text AS what
    FROM (SELECT workspace FROM listed UNION SELECT workspace FROM intake.calling_workspace) AS l
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(c.received_at) AS oldest_at FROM intake.callback AS c
        WHERE c.workspace = l.workspace AND c.filed_at IS NULL AND c.problem IS NULL
    ) AS unfiled
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM intake.callback AS c
        WHERE c.workspace = l.workspace AND c.problem IS NOT NULL
    ) AS problem
    CROSS JOIN LATERAL (
        SELECT max(c.received_at) AS received_at FROM intake.callback AS c WHERE c.workspace = l.workspace
    ) AS newest
    LEFT JOIN LATERAL (
        SELECT c.filed_at FROM intake.callback AS c
        WHERE c.workspace = l.workspace AND c.filed_at IS NOT NULL
        ORDER BY c.received_at DESC LIMIT 1
    ) AS filed ON true
    CROSS JOIN LATERAL (
        SELECT max(e.answered_at) AS last_at FROM cention.errand AS e
        WHERE e.workspace = l.workspace AND e.answered_at <= now()
    ) AS answered
), mirrored AS (
    SELECT m.workspace, m.mirror AS family, 0::bigint AS waiting, 0::bigint AS due, 0::bigint AS parked,
           CASE m.mirror WHEN 'agent_logons' THEN odd.count ELSE 0 END AS unreadable,
           NULL::timestamptz AS oldest_waiting_at, last.started_at AS last_poll_at, last.error AS last_poll_error,
           success.started_at AS last_successful_poll_at, NULL::timestamptz AS last_callback_at,
           success.ended_at AS last_stored_at, pause.since_at AS paused_since_at, pause.reason AS pause_reason,
           NULL::bigint AS missing, NULL::timestamptz AS counted_at, NULL::bigint AS reported_today,
           CASE
               WHEN pause.since_at IS NOT NULL THEN 'paused'
               WHEN NOT intake.is_unrenewed(success.started_at, m.since_at, m.every_s)
                   THEN CASE WHEN success.started_at IS NULL THEN 'starting' END
               WHEN last.started_at IS NULL THEN 'never polled'
               ELSE 'stalled'
           END AS alarm,
           false AS slow,
           last.found IS NOT NULL AND last.error IS NOT NULL AS partly,
           'this mirror was' AS what
    FROM intake.mirror AS m
    LEFT JOIN intake.pause ON (pause.workspace, pause.family) = (m.workspace, m.mirror)
    LEFT JOIN LATERAL (
        SELECT p.started_at, p.found, p.error FROM intake.poll AS p
        WHERE (p.workspace, p.family) = (m.workspace, m.mirror) AND p.ended_at IS NOT NULL
        ORDER BY p.started_at DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT p.started_at, p.ended_at FROM intake.poll AS p
        WHERE (p.workspace, p.family) = (m.workspace, m.mirror) AND p.found IS NOT NULL
        ORDER BY p.started_at DESC LIMIT 1
    ) AS success ON true
    CROSS JOIN LATERAL (SELECT count(*) FROM intake.odd_logon AS o WHERE o.workspace = m.workspace) AS odd
), computed AS (
    SELECT f.workspace, 'figures' AS family, NULL::bigint AS waiting, NULL::bigint AS due, 0::bigint AS parked,
           f.failed AS unreadable, f.oldest_waiting_at, NULL::timestamptz AS last_poll_at, NULL::text AS last_poll_error,
           NULL::timestamptz AS last_successful_poll_at, NULL::timestamptz AS last_callback_at,
           NULL::timestamptz AS last_stored_at, NULL::timestamptz AS paused_since_at, NULL::text AS pause_reason,
           NULL::bigint AS missing, NULL::timestamptz AS counted_at, NULL::bigint AS reported_today,
           CASE WHEN f.everything_since_at IS NOT NULL THEN 'computing' END AS alarm,
           f.oldest_waiting_at < now() - interval '5 minutes' AS slow, false AS partly, NULL::text AS what
    FROM intake.figure_state AS f
), judged AS (
    SELECT every.*,
           CASE WHEN alarm IS NOT NULL THEN alarm
                WHEN slow THEN 'behind'
                WHEN parked > 0 OR unreadable > 0 OR partly THEN 'incomplete'
                ELSE 'fresh'
           END AS state
    FROM (SELECT * FROM fetched UNION ALL SELECT * FROM received UNION ALL SELECT * FROM mirrored UNION ALL SELECT * FROM computed) AS every
)
SELECT workspace,
       family,
       state,
       CASE state
           WHEN 'missing' THEN format('%s records that Cention reported are neither stored nor on the list: an operator should run cention reconcile --repair', missing)
           WHEN 'paused' THEN
               CASE WHEN pause_reason LIKE 'no export%' THEN pause_reason
                    ELSE 'Cention refuses it: ' || pause_reason
               END
           WHEN 'never polled' THEN what || ' never read: are the workers running?'
           WHEN 'stalled' THEN concat_ws(
               '; ',
               what || ' last read '
                   || coalesce(date_trunc('second', now() - last_successful_poll_at)::text || ' ago', 'never'),
               last_poll_error
           )
           WHEN 'uncounted' THEN coalesce(
               'what Cention reported was last compared with what is stored '
                   || date_trunc('second', now() - counted_at)::text || ' ago',
               'what Cention reported was never compared with what is stored'
           )
           WHEN 'never received' THEN 'no callback was ever received: is the address of the receiver set in Cention?'
           WHEN 'silent' THEN 'errands were answered since the last callback'
           WHEN 'computing' THEN 'all figures are being computed again: some are missing or old'
           WHEN 'behind' THEN 'the oldest record has been waiting for '
               || date_trunc('second', now() - oldest_waiting_at)::text
           WHEN 'incomplete' THEN concat_ws(
               '; ',
               CASE WHEN family = 'figures' AND unreadable > 0
                    THEN format('the figures of %s could not be computed',
                                CASE unreadable WHEN 1 THEN '1 errand' ELSE unreadable || ' errands' END)
                    WHEN parked > 0 OR unreadable > 0 THEN format('%s parked, %s unreadable', parked, unreadable)
               END,
               CASE WHEN partly THEN 'refreshed, but ' || last_poll_error END
           )
       END AS reason,
       waiting,
       due,
       parked,
       unreadable,
       missing,
       reported_today,
       counted_at,
       oldest_waiting_at,
       last_poll_at,
       last_poll_error,
       last_successful_poll_at,
       last_callback_at,
       last_stored_at,
       paused_since_at
FROM judged;

COMMENT ON VIEW analyst.freshness IS
    'One row per workspace and family of records, one for its callbacks, one for the figures that the bridge computes, and one for each mirror that is refreshed on a schedule: whether the tables have the present data of Cention. Only the state fresh is good; no row at all means that no workspace is set up. Key: workspace, family.';
COMMENT ON COLUMN analyst.freshness.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.freshness.family IS 'Kind of record: callbacks, figures (such as analyst.errand_metrics, agent_day and backlog_day), errand_reports, facebook_ratings, response_attachments, area_archives, library_attachments; or a mirror that is refreshed on a schedule: library, agent_logons, exports. A disabled mirror has no row.';
COMMENT ON COLUMN analyst.freshness.state IS 'fresh, or what is wrong, the worst first: missing (records that Cention reported are neither stored nor on the list), paused, never polled, stalled (the list of changed records was not read, or the mirror not refreshed, for three of its intervals, at least a minute), uncounted (no reconciliation for half an hour), never received, silent (errands were answered more than an hour after the last callback), computing (all figures are being computed again, as after an upgrade: some are missing or old), behind (a record, or a change without figures, has been waiting for 5 minutes, a callback for one), incomplete (some records are parked or unreadable, figures of some errands could not be computed, or a mirror was refreshed only in part); or starting: a mirror was enabled recently and not refreshed yet.';
COMMENT ON COLUMN analyst.freshness.reason IS 'What is wrong, in words; null if nothing is.';
COMMENT ON COLUMN analyst.freshness.waiting IS 'Records known to have changed and not stored yet, parked ones included; for callbacks, those not filed yet; null for figures.';
COMMENT ON COLUMN analyst.freshness.due IS 'Of these, those that can be processed now.';
COMMENT ON COLUMN analyst.freshness.parked IS 'Of these, those that are parked until an operator releases them.';
COMMENT ON COLUMN analyst.freshness.unreadable IS 'Stored documents, or callbacks, that could not be read; errands whose figures could not be computed.';
COMMENT ON COLUMN analyst.freshness.missing IS 'Records that Cention reported and that are neither stored nor on the list, at the last reconciliation: 0, or data was lost; null if there was none.';
COMMENT ON COLUMN analyst.freshness.reported_today IS 'Records that Cention reported today, in the workspace''s time zone, at the last reconciliation; null if there was none today.';
COMMENT ON COLUMN analyst.freshness.counted_at IS 'Time of the last reconciliation; null if there was none.';
COMMENT ON COLUMN analyst.freshness.oldest_waiting_at IS 'Since when the oldest record that is not parked has been waiting; for one that only lacks its SLA, when its next fetch is due.';
COMMENT ON COLUMN analyst.freshness.last_poll_at IS 'When the list of changed records was last requested, or the mirror refreshed; null for families without either.';
COMMENT ON COLUMN analyst.freshness.last_poll_error IS 'What failed then, or was wrong with a part of the answer; null if nothing.';
COMMENT ON COLUMN analyst.freshness.last_successful_poll_at IS 'When that list was last read, or the mirror refreshed; null if never.';
COMMENT ON COLUMN analyst.freshness.last_callback_at IS 'When the last callback was received; null for all other families.';
COMMENT ON COLUMN analyst.freshness.last_stored_at IS 'When a record was last written, or the newest filed callback was filed.';
COMMENT ON COLUMN analyst.freshness.paused_since_at IS 'Since when the family is paused, because Cention refuses it or no export is made for now; null if it is not.';
