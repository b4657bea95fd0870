-- Errands that are deleted and gone are distinguished from those that are gone only; the source of the first response.
-- Definitions have changed: everything is computed again, in the background.
ALTER TABLE analyst.errand_metrics
    ADD COLUMN deleted boolean NOT NULL DEFAULT false,
    ADD COLUMN first_response_source text CHECK (first_response_source IN ('action', 'callback', 'report', 'version'));
UPDATE intake.metrics_progress SET after_id = 0, since = NULL, began_at = clock_timestamp();
COMMENT ON COLUMN analyst.errand_metrics.deleted IS 'It is deleted, also if it is gone since. Figures of days leave such errands out.';
COMMENT ON COLUMN analyst.errand_metrics.first_response_source IS 'What tells the first response: action (exact), callback (some seconds late), report (to the minute; there may have been earlier ones) or version (the fetch that found it). Null for none.';
COMMENT ON COLUMN analyst.errand_metrics.first_response_at IS 'First answer; null for none, and if it was answered before its first fetch and no source tells when.';
COMMENT ON COLUMN analyst.errand_metrics.last_response_at IS 'Last answer whose time is known; null for none.';
COMMENT ON COLUMN analyst.errand_metrics.response_count IS 'Number of answers, also one of unknown time. Without a log and callbacks those are missing that were given between two fetches before another answer.';
COMMENT ON COLUMN analyst.errand_metrics.reopening_count IS 'How often it was open again after it was closed. A deletion that was undone, and an errand that was gone and came back, are none.';
COMMENT ON COLUMN analyst.errand_response.position IS 'Which answer to the errand, from 1. One whose time is unknown has a number and no row.';
