-- Operation: callbacks from Cention, the list of records to fetch, polls and pauses.
COMMENT ON SCHEMA intake IS 'Operation of the bridge: inbox, list of wanted records, landed documents. Not for analysts.';
COMMENT ON TABLE intake.migration IS 'Migrations applied to this database.';
COMMENT ON COLUMN intake.migration.name IS 'File name of the migration, or views:<sha256> for the set of views in place.';
COMMENT ON COLUMN intake.migration.applied_at IS 'When it was applied.';

CREATE TABLE intake.callback (
    callback_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace   text NOT NULL,
    received_at timestamptz NOT NULL,
    event       bigint,
    remote_id   bigint,
    body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
    document    jsonb NOT NULL,
    filed_at    timestamptz,
    problem     text,
    UNIQUE (workspace, body_sha256)
);
CREATE INDEX callback_unfiled ON intake.callback (workspace, callback_id)
    WHERE filed_at IS NULL AND problem IS NULL;
CREATE INDEX callback_received ON intake.callback (workspace, received_at);
CREATE INDEX callback_problem ON intake.callback (workspace, callback_id) WHERE problem IS NOT NULL;
COMMENT ON TABLE intake.callback IS 'The inbox: a callback is safe once it is here.';
COMMENT ON COLUMN intake.callback.callback_id IS 'Our number for it, in order of arrival.';
COMMENT ON COLUMN intake.callback.workspace IS 'Cention workspace that sent it.';
COMMENT ON COLUMN intake.callback.received_at IS 'When the receiver took it.';
COMMENT ON COLUMN intake.callback.event IS 'Cention''s event number: 1 is "Answer errand"; null if the document names none.';
COMMENT ON COLUMN intake.callback.remote_id IS 'data.id of the document; it seems to grow with each event.';
COMMENT ON COLUMN intake.callback.body_sha256 IS 'SHA-256 of the document in canonical form; a repeat has the same.';
COMMENT ON COLUMN intake.callback.document IS 'The document as received, less the secret.';
COMMENT ON COLUMN intake.callback.filed_at IS 'When its contents were filed; null while it waits, or if it has a problem.';
COMMENT ON COLUMN intake.callback.problem IS 'Why it could not be filed, or not wholly.';

CREATE TABLE intake.wanted (
    workspace     text NOT NULL,
    family        text NOT NULL,
    remote_id     bigint NOT NULL,
    marks         integer NOT NULL DEFAULT 1,
    wanted_at     timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(),
    claim         uuid,
    claimed_until timestamptz,
    slot          smallint,
    tries         integer NOT NULL DEFAULT 0,
    looks         integer NOT NULL DEFAULT 0,
    missing_since timestamptz,
    last_error    text,
    parked_at     timestamptz,
    PRIMARY KEY (workspace, family, remote_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX wanted_due ON intake.wanted (workspace, family, due_at, remote_id) WHERE parked_at IS NULL;
CREATE INDEX wanted_claimed ON intake.wanted (workspace, family, slot) WHERE claim IS NOT NULL;
CREATE INDEX wanted_parked ON intake.wanted (workspace, family, remote_id) WHERE parked_at IS NOT NULL;
COMMENT ON TABLE intake.wanted IS 'Remote records that we know we must fetch. A row leaves in the transaction that writes its record.';
COMMENT ON COLUMN intake.wanted.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.wanted.family IS 'Kind of record: errand_reports, facebook_ratings, response_attachments, area_archives, library_attachments.';
COMMENT ON COLUMN intake.wanted.remote_id IS 'Cention''s id of the record.';
COMMENT ON COLUMN intake.wanted.marks IS 'How often it was wanted; it leaves only if this is still what the fetcher saw.';
COMMENT ON COLUMN intake.wanted.wanted_at IS 'When it was first wanted.';
COMMENT ON COLUMN intake.wanted.due_at IS 'Not to be fetched before.';
COMMENT ON COLUMN intake.wanted.claim IS 'The drain that is fetching it.';
COMMENT ON COLUMN intake.wanted.claimed_until IS 'End of that drain''s lease.';
COMMENT ON COLUMN intake.wanted.slot IS 'The place that drain holds by an advisory lock; a free lock means the drain died.';
COMMENT ON COLUMN intake.wanted.tries IS 'Fetches that failed, or died, since the last that came through.';
COMMENT ON COLUMN intake.wanted.looks IS 'Fetches that came through while Cention was still computing the SLA.';
COMMENT ON COLUMN intake.wanted.missing_since IS 'When Cention first said that there is no such record.';
COMMENT ON COLUMN intake.wanted.last_error IS 'What the last failed fetch said.';
COMMENT ON COLUMN intake.wanted.parked_at IS 'When it was given up until somebody releases it.';

CREATE TABLE intake.landed (
    workspace     text NOT NULL,
    family        text NOT NULL,
    remote_id     bigint NOT NULL,
    document      jsonb NOT NULL,
    fetched_at    timestamptz NOT NULL,
    understood_at timestamptz,
    problem       text,
    PRIMARY KEY (workspace, family, remote_id)
);
CREATE INDEX landed_problem ON intake.landed (workspace, family, remote_id) WHERE problem IS NOT NULL;
CREATE INDEX landed_understood ON intake.landed (workspace, family, understood_at);
COMMENT ON TABLE intake.landed IS 'The newest document of each record as it came (attachments: without their content).';
COMMENT ON COLUMN intake.landed.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.landed.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.landed.remote_id IS 'Cention''s id of the record.';
COMMENT ON COLUMN intake.landed.document IS 'The JSON:API document; U+0000 and lone surrogates replaced.';
COMMENT ON COLUMN intake.landed.fetched_at IS 'When the request for it was made, by the database''s clock.';
COMMENT ON COLUMN intake.landed.understood_at IS 'When it was turned into rows; null if it never was.';
COMMENT ON COLUMN intake.landed.problem IS 'Why it could not be turned into rows.';

CREATE TABLE intake.poll (
    poll_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace  text NOT NULL,
    family     text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    found      integer,
    error      text
);
CREATE INDEX poll_latest ON intake.poll (workspace, family, started_at DESC);
COMMENT ON TABLE intake.poll IS 'Looks at Cention''s lists of changed records; kept for a week.';
COMMENT ON COLUMN intake.poll.poll_id IS 'Running number.';
COMMENT ON COLUMN intake.poll.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.poll.family IS 'Whose list: errand_reports or facebook_ratings.';
COMMENT ON COLUMN intake.poll.started_at IS 'When the list was asked for.';
COMMENT ON COLUMN intake.poll.ended_at IS 'When every id on it was safely on our own list, or the look had failed.';
COMMENT ON COLUMN intake.poll.found IS 'How many ids it named; null if the look failed.';
COMMENT ON COLUMN intake.poll.error IS 'Why the look failed, or what was odd about the list.';

CREATE TABLE intake.pause (
    workspace text NOT NULL,
    family    text NOT NULL,
    since_at  timestamptz NOT NULL DEFAULT now(),
    until_at  timestamptz NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (workspace, family)
);
COMMENT ON TABLE intake.pause IS 'Families that Cention refuses as a whole (token, wrong address): tried again now and then, nothing forgotten.';
COMMENT ON COLUMN intake.pause.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.pause.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.pause.since_at IS 'When the refusals began.';
COMMENT ON COLUMN intake.pause.until_at IS 'When one record is tried again.';
COMMENT ON COLUMN intake.pause.reason IS 'What Cention answered.';

CREATE TABLE intake.canary (
    queue       text PRIMARY KEY,
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz
);
COMMENT ON TABLE intake.canary IS 'One row a queue: proves that a worker really takes nudges from it.';
COMMENT ON COLUMN intake.canary.queue IS 'Celery queue.';
COMMENT ON COLUMN intake.canary.asked_at IS 'When a canary was last sent.';
COMMENT ON COLUMN intake.canary.answered_at IS 'When a worker last answered one.';
