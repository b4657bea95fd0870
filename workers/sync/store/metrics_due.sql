-- name: mark_together
-- Have the triggers of errands leave out their marks until mark_errands, at most until the transaction ends.
SELECT set_config('cention.errands_marked_together', 'on', true);

-- name: mark_errands
-- Mark errands that this transaction has changed, and have triggers mark them again.
SELECT intake.mark_due(
           'errand', array_fill(%(workspace)s::text, ARRAY[cardinality(%(ids)s::bigint[])]), %(ids)s::bigint[]
       ),
       set_config('cention.errands_marked_together', 'off', true);
