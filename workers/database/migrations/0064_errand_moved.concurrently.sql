-- By which times an errand counted on days before they changed.
SET lock_timeout = '1s';
CREATE OR REPLACE TRIGGER record_moved AFTER UPDATE OF arrived_at, answered_at ON cention.errand
    FOR EACH ROW WHEN (
        OLD.arrived_at IS DISTINCT FROM NEW.arrived_at
        OR OLD.answered_at IS NOT NULL AND OLD.answered_at IS DISTINCT FROM NEW.answered_at
    ) EXECUTE FUNCTION intake.record_moved_errand();
RESET lock_timeout;
-- Workers may have computed days before, when nothing was recorded of errands that moved: all days are due once more.
UPDATE intake.metrics_progress
SET after_id = coalesce(after_id, 9223372036854775807), since = NULL, began_at = clock_timestamp();
