-- name: add_due
-- Record that a report is due; nothing if it is recorded already.
INSERT INTO intake.report_sent (workspace, week, state, due_at)
VALUES (%(workspace)s, %(week)s, 'due', %(due_at)s)
ON CONFLICT (workspace, week) DO NOTHING;

-- name: skip
-- Record that reports that are still due are not sent, because that of a newer week is; except by an operator's wish.
UPDATE intake.report_sent
SET state = 'skipped', settled_at = now(), problem = 'the report of a newer week was due'
WHERE workspace = %(workspace)s AND week < %(week)s::date AND state = 'due' AND NOT by_operator;

-- name: due
-- Weeks whose report waits to be sent now, and how often it was tried. None while surveys are held, and none in a restored database,
-- which may lack what was sent since its backup: surveys note a restore some seconds after it.
SELECT r.week, r.tries FROM intake.report_sent AS r
WHERE r.workspace = %(workspace)s AND r.state = 'due' AND r.due_at <= %(now)s
  AND NOT EXISTS (SELECT FROM feedback.hold AS h WHERE h.workspace = r.workspace)
  AND NOT EXISTS (SELECT FROM intake.restore_state WHERE restored)
ORDER BY r.week;

-- name: put_off
-- Record why a report that is due is not sent yet, and when to try again.
UPDATE intake.report_sent
SET problem = %(problem)s, due_at = %(due_at)s, tries = %(tries)s
WHERE (workspace, week) = (%(workspace)s, %(week)s) AND state = 'due';

-- name: begin
-- Record that a report is being sent, before it is. No row if it is not due any more.
UPDATE intake.report_sent
SET state = 'sending', sent_by = %(run)s, sent_at = now(), settled_at = NULL, problem = NULL, tries = tries + 1
WHERE (workspace, week) = (%(workspace)s, %(week)s) AND state = 'due'
RETURNING tries;

-- name: settle
-- Record the outcome of a run, even if it was marked as unknown meanwhile.
UPDATE intake.report_sent
SET state = %(state)s, problem = %(problem)s, due_at = coalesce(%(due_at)s::timestamptz, due_at),
    settled_at = CASE WHEN %(state)s IN ('sent', 'refused') THEN now() END
WHERE (workspace, week, sent_by) = (%(workspace)s, %(week)s, %(run)s) AND state IN ('sending', 'unknown');

-- name: mark_unknown
-- Record that nobody knows the outcome of what a worker was sending when it died.
UPDATE intake.report_sent
SET state = 'unknown', problem = 'the worker that sent it ended before the mail server answered'
WHERE workspace = %(workspace)s AND state = 'sending';

-- name: unsettled
-- Reports that are not sent and that nothing sends by itself, and those that are put off, the oldest first.
SELECT r.workspace, r.week, r.state, r.due_at, r.sent_at, r.problem, h.reason AS held
FROM intake.report_sent AS r
LEFT JOIN feedback.hold AS h USING (workspace)
WHERE r.state NOT IN ('sent', 'skipped') AND (r.workspace = %(workspace)s OR %(workspace)s::text IS NULL)
ORDER BY r.workspace, r.week;

-- name: resolve
-- Record an outcome that an operator found out, or have a refused report sent again. No row if
-- there is no such report.
UPDATE intake.report_sent
SET state = CASE WHEN %(sent)s THEN 'sent' ELSE 'due' END, due_at = now(), by_operator = NOT %(sent)s,
    settled_at = CASE WHEN %(sent)s THEN now() END,
    problem = CASE WHEN NOT %(sent)s THEN 'an operator found that it was not sent' END
WHERE (workspace, week) = (%(workspace)s, %(week)s) AND state IN ('unknown', 'refused')
RETURNING week;
