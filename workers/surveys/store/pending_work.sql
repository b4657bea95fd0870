-- name: pending_work
-- Which tasks of surveys have something to do in which of these workspaces: deciding where a rule is on, or everywhere
-- while a restored database is not held; inviting where an invitation is due, overdue or being sent; conversing where a
-- page waits for its vendor, a run holds a session, or a paused vendor is to be tried; alerts where a rule asks for them.
SELECT w.workspace,
       restored.is_so OR EXISTS (
           SELECT FROM feedback.rule AS r
           WHERE r.workspace = w.workspace AND r.on_from IS NOT NULL AND r.off_at IS NULL
       ) AS decide,
       EXISTS (
           SELECT FROM feedback.invitation AS i
           WHERE i.workspace = w.workspace AND i.state = 'due' AND i.due_at <= now()
       ) OR EXISTS (
           SELECT FROM feedback.invitation AS i
           WHERE i.workspace = w.workspace AND i.state = 'sending'
       ) OR EXISTS (
           SELECT FROM feedback.invitation AS i
           WHERE i.workspace = w.workspace AND i.state = 'due' AND i.send_until < now()
       ) AS invite,
       EXISTS (
           SELECT FROM feedback.session AS s
           WHERE s.workspace = w.workspace AND s.origin = 'page' AND (
               (s.vendor = 'centracx' AND s.state = 'open' AND s.question IS NULL)
               OR (s.vendor = 'alvaria' AND s.state = 'open' AND NOT s.verified AND s.context IS NULL)
               OR (s.vendor = 'alvaria' AND s.state IN ('complete', 'partial') AND s.outcome_state = 'no')
           )
       ) OR EXISTS (
           SELECT FROM feedback.session AS s WHERE s.workspace = w.workspace AND s.sent_by IS NOT NULL
       ) OR EXISTS (
           SELECT FROM feedback.vendor AS v WHERE v.workspace = w.workspace AND v.paused_until <= now()
       ) AS converse,
       EXISTS (
           SELECT FROM feedback.rule AS r
           WHERE r.workspace = w.workspace AND r.document #>> '{alert,kind}' IS NOT NULL
       ) AS alert
FROM unnest(%(workspaces)s::text[]) WITH ORDINALITY AS w (workspace, place)
CROSS JOIN (SELECT bool_or(restored) AS is_so FROM intake.restore_state) AS restored
ORDER BY w.place;
