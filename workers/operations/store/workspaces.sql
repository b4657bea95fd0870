-- name: listed
-- Every workspace that is stored, with its number of errands and its newest successful poll.
SELECT workspace, address, timezone,
       (SELECT count(*) FROM cention.errand AS e WHERE e.workspace = w.workspace) AS errands,
       (SELECT max(started_at) FROM intake.poll AS p WHERE p.workspace = w.workspace AND found IS NOT NULL) AS polled_at
FROM cention.workspace AS w
ORDER BY workspace;

-- name: tables
-- Every table that has rows of workspaces; those that refer to others come first.
WITH RECURSIVE own AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'workspace' AND NOT a.attisdropped
    WHERE n.nspname IN ('analyst', 'cention', 'feedback', 'intake') AND c.relkind IN ('r', 'p')
),
depth AS (
    SELECT oid, name, 0 AS below FROM own
    UNION ALL
    SELECT o.oid, o.name, d.below + 1
    FROM depth AS d
    JOIN pg_constraint AS f ON f.contype = 'f' AND f.conrelid = d.oid AND f.confrelid <> f.conrelid
    JOIN own AS o ON o.oid = f.confrelid
)
SELECT name FROM depth
GROUP BY name
-- Deleting rows of other tables adds rows to these two.
ORDER BY name = 'cention.workspace', name IN ('intake.survey_count', 'intake.wanted_count', 'intake.metrics_due'), max(below), name;

-- name: count_rows
-- Count the rows of a workspace in one table.
SELECT count(*) FROM {table} WHERE workspace = %(workspace)s;

-- name: delete_rows
-- Delete the rows of a workspace from one table.
DELETE FROM {table} WHERE workspace = %(workspace)s;

-- name: contents
-- Some attachments of a workspace that have a content.
SELECT workspace, kind, attachment_id, sha256
FROM cention.attachment
WHERE workspace = %(workspace)s AND sha256 IS NOT NULL
LIMIT %(limit)s;

-- name: allow_long_statements
-- Deleting many rows may take longer than other statements may.
SET LOCAL statement_timeout = 0;
