-- Counts of the list from now on, and of what is on it already: that is counted less what the triggers have counted,
-- both as of one moment, so that nobody waits for it, and a repetition adds nothing. Then an index, by which freshness
-- finds the newest answer. Nobody who writes is held up meanwhile.
SET lock_timeout = '1s';
CREATE OR REPLACE TRIGGER count_added AFTER INSERT ON intake.wanted REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_wanted('1');
CREATE OR REPLACE TRIGGER count_removed AFTER DELETE ON intake.wanted REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION intake.count_wanted('-1');
RESET lock_timeout;
INSERT INTO intake.wanted_count (workspace, family, number)
SELECT workspace, family, sum(number)
FROM (SELECT workspace, family, count(*) AS number FROM intake.wanted GROUP BY workspace, family
      UNION ALL SELECT workspace, family, -sum(number) FROM intake.wanted_count GROUP BY workspace, family) AS counted
GROUP BY workspace, family
HAVING sum(number) <> 0;
DROP INDEX CONCURRENTLY IF EXISTS cention.errand_answered;
CREATE INDEX CONCURRENTLY errand_answered ON cention.errand (workspace, answered_at) WHERE answered_at IS NOT NULL;
