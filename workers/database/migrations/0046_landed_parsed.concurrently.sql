-- When documents of a family were last parsed. Partial, so that no query which looks up records by their ids can take
-- it: Postgres does so while it has no statistics of the table, and reads every record of the family. Nobody who
-- reads or writes documents is held up meanwhile.
DROP INDEX CONCURRENTLY IF EXISTS intake.landed_parsed;
CREATE INDEX CONCURRENTLY landed_parsed ON intake.landed (workspace, family, understood_at)
    WHERE understood_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS intake.landed_understood;
