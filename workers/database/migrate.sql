-- name: begin_migration
-- Wait for any other migration, and refuse to wait long for anything else.
SELECT pg_advisory_xact_lock(hashtext('cention.migrate')), set_config('lock_timeout', '4s', true);

-- name: create_migration_table
-- The list of what was applied.
CREATE SCHEMA IF NOT EXISTS intake;
CREATE TABLE IF NOT EXISTS intake.migration (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: migration_table_exists
-- True if this database was ever migrated.
SELECT to_regclass('intake.migration') IS NOT NULL;

-- name: applied_migrations
-- The names of what was applied.
SELECT name FROM intake.migration;

-- name: note_migration
-- Remember one as applied.
INSERT INTO intake.migration (name) VALUES (%(name)s);

-- name: note_views
-- Remember which set of views is in place, and no other.
WITH earlier AS (DELETE FROM intake.migration WHERE name LIKE 'views:%%')
INSERT INTO intake.migration (name) VALUES (%(name)s);
