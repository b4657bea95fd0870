-- What was open at an hour is found by the hour, also long ago. Nobody who reads or writes is held up meanwhile.
DROP INDEX CONCURRENTLY IF EXISTS analyst.open_span_times;
CREATE INDEX CONCURRENTLY open_span_times ON analyst.open_span USING gist (tstzrange(from_at, to_at, '[]'));
