-- What the role cention_figures may read: numbers and lists of numbers, moments and ids, and of the texts only those that
-- are chosen from a set or come from the configuration. A text that is not named here is hidden.
DROP VIEW IF EXISTS intake.figures_column;
CREATE VIEW intake.figures_column AS
SELECT c.relname::text AS view_name, a.attname::text AS column_name
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relnamespace = 'analyst'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND (
      t.typname IN ('bool', 'int2', 'int4', '_int4', 'int8', 'numeric', 'float8', 'date', 'timestamptz')
      OR t.typname = 'text' AND (
          a.attname IN (
              'workspace', 'state', 'event', 'kind', 'source', 'first_response_source', 'age_band', 'waiting_on', 'grouped_by', 'measure',
              'area_name', 'service_name', 'tag_name', 'rule', 'vendor', 'channel', 'language',
              'survey_state', 'survey_reason'
          )
          OR (c.relname, a.attname) IN (('freshness', 'family'), ('survey_why_not', 'reason'))
      )
  );
COMMENT ON VIEW intake.figures_column IS 'One row per column of schema analyst that the role cention_figures may read.';
COMMENT ON COLUMN intake.figures_column.view_name IS 'View or table of schema analyst.';
COMMENT ON COLUMN intake.figures_column.column_name IS 'Column.';
