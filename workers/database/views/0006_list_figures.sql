-- The list of wanted records in figures, and what was ever polled or received: without reading the large tables.
DROP VIEW IF EXISTS analyst.freshness;
DROP VIEW IF EXISTS intake.wanted_figure;
CREATE VIEW intake.wanted_figure AS
SELECT n.workspace, n.family, n.wanted,
       -- Mostly few are due, or few are due later: these are counted, and the others follow from the sum.
       CASE WHEN first_due.number <= 1000 THEN first_due.number
            ELSE n.wanted - parked.number - (
                SELECT count(*) FROM intake.wanted AS w
                WHERE (w.workspace, w.family) = (n.workspace, n.family) AND parked_at IS NULL AND due_at > now()
            )
       END - claimed.due AS due,
       claimed.number AS claimed, parked.number AS parked, intake.oldest_waiting_at(n.workspace, n.family) AS oldest_waiting_at
FROM (
    SELECT workspace, family, sum(number)::bigint AS wanted FROM intake.wanted_count
    GROUP BY workspace, family
    HAVING sum(number) > 0
) AS n
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM intake.wanted AS w
    WHERE (w.workspace, w.family) = (n.workspace, n.family) AND parked_at IS NOT NULL
) AS parked
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM intake.wanted AS w
        WHERE (w.workspace, w.family) = (n.workspace, n.family) AND parked_at IS NULL AND due_at <= now()
        ORDER BY due_at
        LIMIT 1001
    ) AS due
) AS first_due
CROSS JOIN LATERAL (
    SELECT count(*) AS number, count(*) FILTER (WHERE parked_at IS NULL AND due_at <= now()) AS due
    FROM intake.wanted AS w
    WHERE (w.workspace, w.family) = (n.workspace, n.family) AND claim IS NOT NULL
) AS claimed;
COMMENT ON VIEW intake.wanted_figure IS 'One row per workspace and family with wanted records.';
COMMENT ON COLUMN intake.wanted_figure.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.wanted_figure.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.wanted_figure.wanted IS 'Records on the list.';
COMMENT ON COLUMN intake.wanted_figure.due IS 'Of these, those that may be fetched now and that nobody is fetching.';
COMMENT ON COLUMN intake.wanted_figure.claimed IS 'Of these, those that a drain is fetching.';
COMMENT ON COLUMN intake.wanted_figure.parked IS 'Of these, those that are parked until an operator releases them.';
COMMENT ON COLUMN intake.wanted_figure.oldest_waiting_at IS 'Since when the oldest record that is not parked waits; in the future if all wait for their SLA.';

DROP VIEW IF EXISTS intake.polled_family;
CREATE VIEW intake.polled_family AS
WITH RECURSIVE polled AS (
    (SELECT workspace, family FROM intake.poll ORDER BY workspace, family LIMIT 1)
    UNION ALL
    SELECT next.* FROM polled AS p
    CROSS JOIN LATERAL (
        SELECT workspace, family FROM intake.poll AS o
        WHERE (o.workspace, o.family) > (p.workspace, p.family)
        ORDER BY workspace, family
        LIMIT 1
    ) AS next
)
SELECT workspace, family FROM polled;
COMMENT ON VIEW intake.polled_family IS 'Workspaces and families, or mirrors, with rows in intake.poll: one read of its index each.';
COMMENT ON COLUMN intake.polled_family.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.polled_family.family IS 'Family or mirror, as in intake.poll.';

DROP VIEW IF EXISTS intake.calling_workspace;
CREATE VIEW intake.calling_workspace AS
WITH RECURSIVE calling AS (
    (SELECT workspace FROM intake.callback ORDER BY workspace LIMIT 1)
    UNION ALL
    SELECT next.* FROM calling AS c
    CROSS JOIN LATERAL (
        SELECT workspace FROM intake.callback AS o WHERE o.workspace > c.workspace ORDER BY workspace LIMIT 1
    ) AS next
)
SELECT workspace FROM calling;
COMMENT ON VIEW intake.calling_workspace IS 'Workspaces with rows in intake.callback: one read of its index each.';
COMMENT ON COLUMN intake.calling_workspace.workspace IS 'Cention workspace.';
