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
