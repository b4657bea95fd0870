-- name: columns
-- Every column of every table and view of the bridge's schemas, in order; comments may be null.
SELECT n.nspname::text AS schema, c.relname::text AS name, obj_description(c.oid, 'pg_class') AS comment,
       a.attname::text AS column_name, format_type(a.atttypid, a.atttypmod) AS column_type,
       NOT a.attnotnull AS column_nullable, col_description(c.oid, a.attnum) AS column_comment
FROM unnest(ARRAY['analyst', 'cention', 'feedback', 'intake']) WITH ORDINALITY AS ours (schema, position)
JOIN pg_namespace AS n ON n.nspname = ours.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY ours.position, c.relname, a.attnum;
