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
