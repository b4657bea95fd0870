-- How often a survey vendor was asked: the moments of the last minute, instead of a count by the clock's minute.
ALTER TABLE feedback.vendor
    ADD COLUMN asked timestamptz[] NOT NULL DEFAULT '{}',
    DROP COLUMN minute_at,
    DROP COLUMN minute_count;
COMMENT ON COLUMN feedback.vendor.asked IS 'When it was asked in the minute before it was asked last, once for each request.';
