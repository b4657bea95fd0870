-- name: dependent_views
-- Views outside the schemas of the bridge that stand on its views, also by way of one another.
WITH RECURSIVE standing AS (
    SELECT c.oid
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('analyst', 'intake') AND c.relkind = 'v'
    UNION
    SELECT r.ev_class
    FROM standing AS s
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid
    JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
)
SELECT format('%I.%I of %I', n.nspname, c.relname, pg_get_userbyid(c.relowner))
FROM standing AS s
JOIN pg_class AS c ON c.oid = s.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('analyst', 'cention', 'feedback', 'intake')
ORDER BY 1;

-- name: begin_migration
-- Wait for any other migration; for other locks, wait at most 4 seconds.
SELECT pg_advisory_xact_lock(hashtext('cention.migrate')), set_config('lock_timeout', '4s', true);

-- name: create_migration_table
-- Create the table of applied migrations, if it is missing.
CREATE SCHEMA IF NOT EXISTS intake;
CREATE TABLE IF NOT EXISTS intake.migration (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: analysts_exist
-- True if the server has the role of analysts, which a backup of one database does not contain.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cention_analyst');

-- name: create_analysts
-- Create the role of analysts.
CREATE ROLE cention_analyst NOLOGIN;

-- name: closed_to_analysts
-- The tables and views that analysts should be able to read and cannot.
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('analyst', 'cention', 'feedback') AND c.relkind IN ('r', 'p', 'v', 'm')
  AND NOT coalesce(
      (SELECT has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_table_privilege(r.oid, c.oid, 'SELECT')
       FROM pg_roles AS r WHERE r.rolname = 'cention_analyst'),
      false
  )
ORDER BY 1;

-- name: grant_to_analysts
-- Let analysts read everything but the operation of the bridge, now and later.
GRANT USAGE ON SCHEMA cention, analyst, feedback TO cention_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA cention, analyst, feedback TO cention_analyst;
ALTER DEFAULT PRIVILEGES IN SCHEMA cention, analyst, feedback GRANT SELECT ON TABLES TO cention_analyst;

-- name: figures_exist
-- True if the server has the role that reads figures without persons.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cention_figures');

-- name: create_figures
-- Create the role that reads figures without persons.
CREATE ROLE cention_figures NOLOGIN;

-- name: unlimited_logins
-- Logins that read as analysts, or figures without persons, and have no statement_timeout of their own or of this
-- database. What the server's configuration sets cannot be seen here: each of our sessions sets another.
SELECT format('%I', r.rolname)
FROM pg_roles AS r
WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user
  AND EXISTS (SELECT FROM pg_roles AS g
              WHERE g.rolname IN ('cention_analyst', 'cention_figures') AND pg_has_role(r.oid, g.oid, 'MEMBER'))
  AND coalesce(
      (SELECT split_part(setting, '=', 2)
       FROM pg_db_role_setting AS s, unnest(s.setconfig) AS setting
       WHERE s.setrole IN (r.oid, 0)
         AND s.setdatabase IN ((SELECT oid FROM pg_database WHERE datname = current_database()), 0)
         AND setting LIKE 'statement_timeout=%'
       ORDER BY s.setrole = 0, s.setdatabase = 0
       LIMIT 1),
      '0'
  ) ~ '^0'
ORDER BY 1;

-- name: wrong_for_figures
-- The columns that the role of figures should be able to read and cannot, or can and should not.
SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_roles AS r ON r.rolname = 'cention_figures'
WHERE n.nspname IN ('analyst', 'cention', 'feedback', 'intake') AND c.relkind IN ('r', 'p', 'v', 'm')
  AND (has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'))
      <> (n.nspname = 'analyst'
          AND (c.relname::text, a.attname::text) IN (SELECT view_name, column_name FROM intake.figures_column))
ORDER BY 1;

-- name: grant_to_figures
-- Let the role of figures read the columns without persons, and nothing else.
DO $$
DECLARE
    one record;
BEGIN
    REVOKE ALL ON ALL TABLES IN SCHEMA analyst, cention, feedback, intake FROM cention_figures;
    REVOKE ALL ON SCHEMA cention, feedback, intake FROM cention_figures;
    GRANT USAGE ON SCHEMA analyst TO cention_figures;
    FOR one IN
        SELECT view_name, string_agg(format('%I', column_name), ', ') AS columns
        FROM intake.figures_column GROUP BY view_name
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON analyst.%I TO cention_figures', one.columns, one.view_name);
    END LOOP;
END
$$;

-- name: migration_table_exists
-- True if this database was migrated before.
SELECT to_regclass('intake.migration') IS NOT NULL;

-- name: applied_migrations
-- Names of the applied migrations, and of the set of views.
SELECT name FROM intake.migration;

-- name: record_migration
-- Record a migration as applied.
INSERT INTO intake.migration (name) VALUES (%(name)s);

-- name: record_views
-- Record which set of views is in place, instead of the previous one.
WITH earlier AS (DELETE FROM intake.migration WHERE name LIKE 'views:%%')
INSERT INTO intake.migration (name) VALUES (%(name)s);

-- name: allow_long_statements
-- An index of a large table may take longer than other statements may.
SET statement_timeout = 0;

-- name: limit_statements
-- Back to the limit that the session began with.
RESET statement_timeout;

-- name: limit_locks
-- Back to the wait for locks that the session began with.
RESET lock_timeout;
