-- name: oldest_marks
-- The oldest marks of a workspace, at most so many.
SELECT kind, record_id, marked_in::text FROM intake.metrics_due
WHERE workspace = %(workspace)s ORDER BY marked_in LIMIT %(limit)s;

-- name: delete_marks
-- Delete these marks, and none that was added since they were read.
DELETE FROM intake.metrics_due AS d
USING unnest(%(kinds)s::text[], %(ids)s::bigint[], %(marked_in)s::text[]) AS read (kind, record_id, marked_in)
WHERE d.workspace = %(workspace)s
  AND (d.marked_in, d.kind, d.record_id) = (read.marked_in::xid8, read.kind, read.record_id);

-- name: mark_errands
-- Mark errands.
SELECT intake.mark_due(
    'errand', array_fill(%(workspace)s::text, ARRAY[cardinality(%(ids)s::bigint[])]), %(ids)s::bigint[]
);
