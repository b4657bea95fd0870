-- name: columns
-- Every column of every table and view of the bridge's schemas, in order; comments may be null.
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind IN ('v', 'm') AS is_view,
       obj_description(c.oid, 'pg_class') AS comment,
       a.attname::text AS column_name, format_type(a.atttypid, a.atttypmod) AS column_type,
       NOT a.attnotnull AS column_nullable, col_description(c.oid, a.attnum) AS column_comment
FROM unnest(ARRAY['analyst', 'cention', 'feedback', 'intake']) WITH ORDINALITY AS ours (schema, position)
JOIN pg_namespace AS n ON n.nspname = ours.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY ours.position, c.relname, a.attnum;

-- name: constraints
-- Every primary key, unique constraint and foreign key of the bridge's schemas, with its columns in order.
SELECT n.nspname::text AS schema, c.relname::text AS name, k.contype = 'f' AS is_reference,
       (SELECT array_agg(a.attname::text ORDER BY u.position)
        FROM unnest(k.conkey) WITH ORDINALITY AS u (number, position)
        JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (k.conrelid, u.number)) AS columns,
       tn.nspname::text AS to_schema, t.relname::text AS to_name,
       (SELECT array_agg(a.attname::text ORDER BY u.position)
        FROM unnest(k.confkey) WITH ORDINALITY AS u (number, position)
        JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (k.confrelid, u.number)) AS to_columns
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS t ON t.oid = k.confrelid
LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE n.nspname IN ('analyst', 'cention', 'feedback', 'intake') AND k.contype IN ('p', 'u', 'f')
ORDER BY n.nspname, c.relname, k.contype <> 'p', k.conname;
