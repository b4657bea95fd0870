-- name: searchable_tables
-- Every table of the bridge, with its columns of texts or documents that are not part of the key.
SELECT n.nspname AS schema, c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('analyst', 'cention', 'feedback', 'intake') AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
  AND NOT EXISTS (
      SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)
  )
GROUP BY n.nspname, c.relname
ORDER BY n.nspname, c.relname;

-- name: pages
-- How many pages a table has now.
SELECT pg_relation_size(%(table)s::regclass) / current_setting('block_size')::bigint;

-- name: rows_that_may_mention
-- Rows on some pages of a table whose columns match a pattern.
SELECT ctid::text AS ctid, to_jsonb(t) AS row, false AS erased
FROM {table} AS t
WHERE ctid >= format('(%%s,0)', %(first)s::bigint)::tid AND ctid < format('(%%s,0)', %(end)s::bigint)::tid
  AND ({may_mention})
{lock};

-- name: landed_that_may_mention
-- Landed documents on some pages that match a pattern, or belong to erased records.
SELECT ctid::text AS ctid, to_jsonb(l) AS row,
       (workspace, family, remote_id) IN (SELECT workspace, family, remote_id FROM intake.erased) AS erased
FROM intake.landed AS l
WHERE ctid >= format('(%%s,0)', %(first)s::bigint)::tid AND ctid < format('(%%s,0)', %(end)s::bigint)::tid
  AND ({may_mention}
       OR (workspace, family, remote_id) IN (SELECT workspace, family, remote_id FROM intake.erased))
{lock};

-- name: callbacks_that_may_mention
-- Callbacks on some pages that match a pattern, or are about erased errands.
SELECT ctid::text AS ctid, to_jsonb(c) AS row,
       (workspace, document #>> '{{data,relationships,errand,data,id}}') IN (
           SELECT workspace, remote_id::text FROM intake.erased WHERE family = 'errand_reports'
       ) IS TRUE AS erased
FROM intake.callback AS c
WHERE ctid >= format('(%%s,0)', %(first)s::bigint)::tid AND ctid < format('(%%s,0)', %(end)s::bigint)::tid
  AND ({may_mention}
       OR (workspace, document #>> '{{data,relationships,errand,data,id}}') IN (
           SELECT workspace, remote_id::text FROM intake.erased WHERE family = 'errand_reports'
       ))
{lock};

-- name: write_row
-- Update columns of the locked row at a ctid.
UPDATE {table} SET {changes} WHERE ctid = %(ctid)s::tid;
