-- Reopenings of a period, for the figures by day. Whoever computes reopenings is not held up meanwhile.
DROP INDEX CONCURRENTLY IF EXISTS analyst.reopening_reopened;
CREATE INDEX CONCURRENTLY reopening_reopened ON analyst.reopening (workspace, reopened_at)
