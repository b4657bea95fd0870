-- Errands by the time of their last report, for surveys. Writers of errands are not held up meanwhile.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_fetched;
CREATE INDEX CONCURRENTLY errand_fetched ON cention.errand (workspace, fetched_at);
