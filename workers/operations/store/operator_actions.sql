-- name: record
-- Record what somebody did, in the transaction of the caller.
INSERT INTO intake.operator_action (person, kind, workspace, object, outcome)
VALUES (%(person)s, %(kind)s, %(workspace)s, %(object)s, %(outcome)s);

-- name: latest
-- The newest actions; of one workspace and object if they are given.
SELECT happened_at, person, kind, workspace, object, outcome
FROM intake.operator_action
WHERE (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
  AND (%(object)s::text IS NULL OR object = %(object)s)
ORDER BY happened_at DESC, action_id DESC
LIMIT %(limit)s;

-- name: latest_of_kinds
-- The newest actions of some kinds.
SELECT happened_at, person, kind, workspace, object, outcome
FROM intake.operator_action
WHERE kind = ANY (%(request_kinds)s::text[])
ORDER BY happened_at DESC, action_id DESC
LIMIT %(limit)s;
