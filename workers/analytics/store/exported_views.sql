-- name: views
-- The tables and views that may be exported, with their columns in order. The type of a list is that of
-- its items.
SELECT n.nspname AS schema, c.relname AS name, a.attname AS column,
       coalesce(item.typname, type.typname)::text AS type, item.oid IS NOT NULL AS is_list
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS type ON type.oid = a.atttypid
LEFT JOIN pg_type AS item ON type.typcategory = 'A' AND item.oid = type.typelem
WHERE n.nspname IN ('analyst', 'cention', 'feedback') AND c.relkind IN ('r', 'v', 'm', 'p')
ORDER BY n.nspname, c.relname, a.attnum;

-- name: rows
-- The columns of a view, of some days and values.
SELECT {columns} FROM {view} AS v WHERE {condition} {order};

-- name: csv
-- A query as CSV with a header.
COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER true{force_quote});

-- name: json_lines
-- A query as one JSON object a line. JSON escapes control characters, so that nothing is quoted.
COPY (SELECT row_to_json(r) FROM ({query}) AS r)
TO STDOUT WITH (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01');
