-- name: add
-- Record what an operator asks for, in the transaction of the caller; return its number.
INSERT INTO intake.operator_request (person, kind, workspace, rule, days, subject)
VALUES (%(person)s, %(kind)s, %(workspace)s, %(rule)s, %(days)s, %(subject)s)
RETURNING request_id;

-- name: find
-- A request, without its result, unless it was finished too long ago.
SELECT request_id, requested_at, person, kind, workspace, rule, days, subject, state, tries, work_done, work_total,
       finished_at, problem
FROM intake.operator_request
WHERE request_id = %(request_id)s
  AND (finished_at IS NULL OR finished_at > now() - make_interval(secs => %(kept_s)s));

-- name: latest
-- The newest requests of some kinds, of a workspace or of all, without their results, but not those that were finished
-- too long ago.
SELECT request_id, requested_at, person, kind, workspace, rule, days, subject, state, tries, work_done, work_total,
       finished_at, problem
FROM intake.operator_request
WHERE kind = ANY (%(request_kinds)s::text[]) AND (workspace = %(workspace)s OR %(workspace)s::text IS NULL)
  AND (finished_at IS NULL OR finished_at > now() - make_interval(secs => %(kept_s)s))
ORDER BY request_id DESC
LIMIT %(limit)s;

-- name: result
-- What came of a request, unless it was finished too long ago.
SELECT result FROM intake.operator_request
WHERE request_id = %(request_id)s AND state = 'done'
  AND finished_at > now() - make_interval(secs => %(kept_s)s);

-- name: begin
-- Begin the oldest request that is not finished. The caller holds the lock of all of them: one that is running has
-- lost its worker.
UPDATE intake.operator_request SET state = 'running', tries = tries + 1, work_done = 0, work_total = 0
WHERE request_id = (
    SELECT request_id FROM intake.operator_request
    WHERE state IN ('waiting', 'running')
    ORDER BY request_id
    LIMIT 1
)
RETURNING request_id, requested_at, person, kind, workspace, rule, days, subject, state, tries, work_done, work_total,
          finished_at, problem;

-- name: set_total
-- Record how much there is to be done.
UPDATE intake.operator_request SET work_total = %(work_total)s
WHERE request_id = %(request_id)s;

-- name: add_done
-- Record how much more was done.
UPDATE intake.operator_request SET work_done = work_done + %(work_done)s
WHERE request_id = %(request_id)s;

-- name: finish
-- Record what came of a request; whom it was about is forgotten, but after a dry run, which the erasure follows.
UPDATE intake.operator_request
SET state = CASE WHEN %(problem)s::text IS NULL THEN 'done' ELSE 'failed' END, finished_at = clock_timestamp(),
    result = %(result)s, problem = %(problem)s,
    subject = CASE WHEN kind = 'erase_dry_run' AND %(problem)s::text IS NULL THEN subject END
WHERE request_id = %(request_id)s AND state = 'running';

-- name: delete_old
-- Delete requests that were finished too long ago.
DELETE FROM intake.operator_request
WHERE finished_at <= now() - make_interval(secs => %(kept_s)s);

-- name: delete_exports
-- Delete all exports of persons that are finished: one may be of a person who is erased.
DELETE FROM intake.operator_request WHERE kind = 'export_person' AND state IN ('done', 'failed');

-- name: lock_dry_run
-- Whom a dry run was about, locked, unless it was finished too long ago or its erasure was asked for already.
SELECT subject FROM intake.operator_request
WHERE request_id = %(request_id)s AND kind = 'erase_dry_run' AND state = 'done' AND subject IS NOT NULL
  AND finished_at > now() - make_interval(secs => %(kept_s)s)
FOR UPDATE;

-- name: forget_subject
-- Forget whom a request is about.
UPDATE intake.operator_request SET subject = NULL WHERE request_id = %(request_id)s;

-- name: limit_waits
-- Wait no longer than a second for a lock, in the transaction of the caller.
SET LOCAL lock_timeout = '1s';
