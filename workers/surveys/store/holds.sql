-- name: take_restore_mark
-- Make this server, timeline and table the last that wrote. No row if they were already.
UPDATE feedback.restore_mark AS mark
SET system_identifier = here.system_identifier, timeline = here.timeline, relation = here.relation
FROM intake.restore_state AS here
WHERE (mark.system_identifier, mark.timeline, mark.relation) <> (here.system_identifier, here.timeline, here.relation)
RETURNING mark.timeline;

-- name: hold_all
-- Hold the surveys of every workspace. One that is held already gets this reason: it is what resuming goes by.
INSERT INTO feedback.hold (workspace, reason)
SELECT workspace, %(reason)s FROM cention.workspace ORDER BY workspace
ON CONFLICT (workspace) DO UPDATE SET reason = excluded.reason;

-- name: hold_as_restored
-- Hold the surveys of a workspace. If it is held already, it gets this reason.
INSERT INTO feedback.hold (workspace, reason) VALUES (%(workspace)s, %(reason)s)
ON CONFLICT (workspace) DO UPDATE SET reason = excluded.reason;

-- name: hold
-- Hold the surveys of a workspace. No row if they are held already.
INSERT INTO feedback.hold (workspace, reason) VALUES (%(workspace)s, %(reason)s)
ON CONFLICT (workspace) DO NOTHING
RETURNING workspace;

-- name: resume
-- End a hold, and return why it was. No row if there was none.
DELETE FROM feedback.hold WHERE workspace = %(workspace)s RETURNING reason;

-- name: held
-- Why a workspace is held; no row if it is not.
SELECT reason FROM feedback.hold WHERE workspace = %(workspace)s;

-- name: paused_vendors
-- Vendors that are not asked at present.
SELECT vendor FROM feedback.vendor WHERE workspace = %(workspace)s AND paused_until > %(now)s ORDER BY vendor;
