-- Weekly reports that were sent by mail, each at most once.
CREATE TABLE intake.report_sent (
    workspace   text NOT NULL,
    week        date NOT NULL CHECK (extract(isodow FROM week) = 1),
    state       text NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'refused', 'skipped', 'unknown')),
    sent_by     uuid,
    due_at      timestamptz NOT NULL,
    sent_at     timestamptz,
    settled_at  timestamptz,
    tries       integer NOT NULL DEFAULT 0,
    problem     text,
    by_operator boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace, week)
);
CREATE INDEX report_sent_unsettled ON intake.report_sent (workspace, week) WHERE state NOT IN ('sent', 'skipped');
COMMENT ON TABLE intake.report_sent IS 'Weekly reports by mail, written before each is sent. It names no recipient.';
COMMENT ON COLUMN intake.report_sent.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.report_sent.week IS 'Monday of the week that the report is about.';
COMMENT ON COLUMN intake.report_sent.state IS 'due: to be sent at due_at; sending: handed to the mail server, and not answered yet; sent; refused: surely not sent, and not tried again by itself; skipped: not sent, because the report of a newer week was due; unknown: may have been sent, an operator finds out (cention report unknown).';
COMMENT ON COLUMN intake.report_sent.sent_by IS 'Run of a worker that sent it last; null before the first.';
COMMENT ON COLUMN intake.report_sent.due_at IS 'Not to be sent before.';
COMMENT ON COLUMN intake.report_sent.sent_at IS 'When it was sent last; null if never.';
COMMENT ON COLUMN intake.report_sent.settled_at IS 'When the mail server answered, it was skipped, or an operator found out; null while unsettled.';
COMMENT ON COLUMN intake.report_sent.tries IS 'How often it was sent, or nearly, or could not be made.';
COMMENT ON COLUMN intake.report_sent.problem IS 'Why it was refused, skipped or put off, why its outcome is unknown, or how many recipients were refused.';
COMMENT ON COLUMN intake.report_sent.by_operator IS 'An operator had it sent again: it is sent even if that of a newer week is due.';
