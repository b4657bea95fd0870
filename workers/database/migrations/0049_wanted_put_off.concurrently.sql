-- Records that have waited for longer than they have been due: after a failure, or wanted again meanwhile. The others
-- have the same time in both columns, so a record that is fetched at once is never in this index.
DROP INDEX CONCURRENTLY IF EXISTS intake.wanted_put_off;
CREATE INDEX CONCURRENTLY wanted_put_off ON intake.wanted (workspace, family, wanted_at)
    WHERE parked_at IS NULL AND looks = 0 AND wanted_at < due_at;
