-- name: take_marks
-- Move the oldest marks to the claimed ones, at most so many; one row for each mark.
WITH taken AS (
    DELETE FROM intake.metrics_due AS d
    USING (
        SELECT workspace, kind, record_id, marked_in FROM intake.metrics_due
        ORDER BY workspace, kind, record_id, marked_in LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ) AS oldest
    WHERE (d.workspace, d.kind, d.record_id, d.marked_in)
          = (oldest.workspace, oldest.kind, oldest.record_id, oldest.marked_in)
    RETURNING d.workspace, d.kind, d.record_id
), claimed AS (
    INSERT INTO intake.metrics_claim (workspace, kind, record_id)
    SELECT DISTINCT workspace, kind, record_id FROM taken
    ON CONFLICT DO NOTHING
)
SELECT record_id FROM taken;

-- name: newest_transaction
-- The first transaction that has not begun yet.
SELECT pg_snapshot_xmax(pg_current_snapshot())::text;

-- name: have_ended
-- True if all transactions before this one that wrote something have ended.
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %(transaction)s::xid8;

-- name: claimed_errands
-- Errands whose figures are to be computed, at most so many.
SELECT workspace, array_agg(record_id ORDER BY record_id) AS ids
FROM (
    SELECT workspace, record_id FROM intake.metrics_claim WHERE kind = 'errand'
    ORDER BY workspace, record_id LIMIT %(limit)s
) AS c
GROUP BY workspace ORDER BY workspace;

-- name: delete_claims
-- Delete the claims of errands whose figures are computed.
DELETE FROM intake.metrics_claim
WHERE workspace = %(workspace)s AND kind = 'errand' AND record_id = ANY (%(ids)s::bigint[]);

-- name: restart
-- Begin with a computation of everything, for workspaces of which something general has changed, and for new ones.
INSERT INTO intake.metrics_progress AS p (workspace, after_id)
SELECT w.workspace, 0 FROM cention.workspace AS w
WHERE NOT EXISTS (SELECT FROM intake.metrics_progress AS k WHERE k.workspace = w.workspace)
   OR EXISTS (
       SELECT FROM intake.metrics_claim AS c
       WHERE c.kind IN ('workspace', 'action_pattern') AND c.workspace IN (w.workspace, '*')
   )
ORDER BY w.workspace
ON CONFLICT (workspace) DO UPDATE SET after_id = 0;

-- name: delete_other_claims
-- Delete the claims of everything but errands: names are joined when a view is read.
DELETE FROM intake.metrics_claim WHERE kind <> 'errand';

-- name: rebuild
-- Begin with a computation of everything; backlogs of days that are over are computed again as well.
INSERT INTO intake.metrics_progress AS p (workspace, after_id) VALUES (%(workspace)s, 0)
ON CONFLICT (workspace) DO UPDATE SET after_id = 0, day = NULL;

-- name: unfinished
-- A workspace whose computation of everything is under way; no row if there is none.
SELECT workspace, after_id FROM intake.metrics_progress
WHERE after_id IS NOT NULL ORDER BY workspace LIMIT 1;

-- name: next_errands
-- The errands after this one, at most so many.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND errand_id > %(after)s
ORDER BY errand_id LIMIT %(limit)s;

-- name: set_progress
-- Record up to which errand everything is computed; null at the end.
UPDATE intake.metrics_progress SET after_id = %(after)s WHERE workspace = %(workspace)s;
