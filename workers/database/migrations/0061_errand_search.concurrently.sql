-- The search of the web face by words of the subject.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_subject;
CREATE INDEX CONCURRENTLY errand_subject ON cention.errand USING gin (to_tsvector('simple', left(subject, 2000)));
