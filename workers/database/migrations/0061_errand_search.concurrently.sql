-- The search of the web face by words of the subject.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_subject;
CREATE INDEX CONCURRENTLY errand_subject ON cention.errand USING gin (to_tsvector('simple', left(subject, 2000)));
-- And by state, the newest first.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_state;
CREATE INDEX CONCURRENTLY errand_state ON cention.errand (
    workspace,
    (CASE WHEN gone_at IS NOT NULL THEN 'gone' WHEN deleted THEN 'deleted' WHEN closed THEN 'closed'
          WHEN answered THEN 'answered' ELSE 'open' END),
    arrived_at,
    errand_id
);
