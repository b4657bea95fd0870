-- The search of the web face by words of the subject.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_subject;
CREATE INDEX CONCURRENTLY errand_subject ON cention.errand USING gin (to_tsvector('simple', left(subject, 2000)));
-- And by the number that people see, which is another than Cention's id. Other kinds of index refuse a long one.
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_display;
CREATE INDEX CONCURRENTLY errand_display ON cention.errand USING hash (display_id);
