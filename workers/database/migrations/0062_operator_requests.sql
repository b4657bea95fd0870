-- What operators ask for in the web face and a worker carries out: checks, previews, erasures, exports of persons.
CREATE TABLE intake.operator_request (
    request_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    person       text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('check', 'preview', 'erase_dry_run', 'erase', 'export_person')),
    workspace    text,
    rule         text,
    days         integer CHECK (days > 0),
    subject      bytea,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    tries        integer NOT NULL DEFAULT 0,
    work_done    bigint NOT NULL DEFAULT 0,
    work_total   bigint NOT NULL DEFAULT 0,
    finished_at  timestamptz,
    result       bytea,
    problem      text,
    CHECK ((kind = 'preview') = (rule IS NOT NULL)),
    CHECK ((finished_at IS NULL) = (state IN ('waiting', 'running')))
);
CREATE INDEX operator_request_open ON intake.operator_request (request_id) WHERE state IN ('waiting', 'running');
COMMENT ON TABLE intake.operator_request IS 'What operators ask for in the web face and a worker carries out. A row is deleted an hour after it was finished.';
COMMENT ON COLUMN intake.operator_request.request_id IS 'Running number.';
COMMENT ON COLUMN intake.operator_request.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN intake.operator_request.person IS 'Who asked: the name with which they signed in.';
COMMENT ON COLUMN intake.operator_request.kind IS 'check, preview, erase_dry_run, erase or export_person.';
COMMENT ON COLUMN intake.operator_request.workspace IS 'Cention workspace of a preview; null for what belongs to none.';
COMMENT ON COLUMN intake.operator_request.rule IS 'Rule of a preview; null for other kinds.';
COMMENT ON COLUMN intake.operator_request.days IS 'Days of a preview; null for other kinds.';
COMMENT ON COLUMN intake.operator_request.subject IS 'The person to erase or export, as JSON in UTF-8; bytes, so that the erasure that it asks for does not change it. Null for other kinds, and once the person was erased or exported.';
COMMENT ON COLUMN intake.operator_request.state IS 'waiting, running, done or failed.';
COMMENT ON COLUMN intake.operator_request.tries IS 'How often a worker has begun it.';
COMMENT ON COLUMN intake.operator_request.work_done IS 'Pages of the database that were searched.';
COMMENT ON COLUMN intake.operator_request.work_total IS 'Pages of the database that are to be searched; 0 for what searches none.';
COMMENT ON COLUMN intake.operator_request.finished_at IS 'When it was done or failed; null before.';
COMMENT ON COLUMN intake.operator_request.result IS 'What came of it, as JSON in UTF-8; of an export all data of the person. Null before, and if it failed.';
COMMENT ON COLUMN intake.operator_request.problem IS 'Why it failed; null otherwise.';
