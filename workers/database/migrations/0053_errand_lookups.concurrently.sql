-- The newest errand of a writer before another, and an errand by the number that people see. Addresses and numbers are
-- strings of any length, which only a hash is sure to fit into an index. Writers of errands are not held up meanwhile.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_writer;
CREATE INDEX CONCURRENTLY errand_writer
    ON cention.errand (workspace, hashtextextended(lower(from_address), 0), arrived_at, errand_id)
    WHERE from_address IS NOT NULL AND deleted IS NOT TRUE;
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_display;
CREATE INDEX CONCURRENTLY errand_display ON cention.errand USING hash (display_id)
