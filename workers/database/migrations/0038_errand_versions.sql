-- The history of errands: what each was like from which fetch on. Rows come from fetches from now on.
CREATE TABLE cention.errand_version (
    workspace       text NOT NULL,
    errand_id       bigint NOT NULL,
    valid_from      timestamptz NOT NULL,
    valid_to        timestamptz,
    changed_at      timestamptz,
    state           text NOT NULL CHECK (state IN ('gone', 'deleted', 'closed', 'answered', 'open')),
    status_code     text,
    area_id         bigint,
    agent_id        bigint,
    priority        text,
    service_id      bigint,
    organisation_id bigint,
    closed          boolean,
    answered        boolean,
    deleted         boolean,
    tag_ids         bigint[],
    handling_time_s bigint,
    within_sla      boolean,
    fetched_at      timestamptz NOT NULL,
    fetch_times     timestamptz[] NOT NULL,
    action_times    timestamptz[] NOT NULL,
    missing_parts   smallint[] NOT NULL,
    PRIMARY KEY (workspace, errand_id, valid_from)
);
COMMENT ON TABLE cention.errand_version IS 'History of errands: one row for each time that one of these columns was different at a fetch. Several changes between two fetches are one row.';
COMMENT ON COLUMN cention.errand_version.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.errand_version.errand_id IS 'Cention''s id of the errand.';
COMMENT ON COLUMN cention.errand_version.valid_from IS 'First fetch that found the errand like this. The change was between the fetch before and this one.';
COMMENT ON COLUMN cention.errand_version.valid_to IS 'First fetch that found it different; null for the newest version.';
COMMENT ON COLUMN cention.errand_version.changed_at IS 'Time of the newest action at the first fetch: the better moment of the change where an action belongs to it. Null without actions, and for gone errands.';
COMMENT ON COLUMN cention.errand_version.state IS 'The first that holds of gone, deleted, closed, answered, open.';
COMMENT ON COLUMN cention.errand_version.status_code IS 'Names of the status icons, such as ACTION_ANSWER.';
COMMENT ON COLUMN cention.errand_version.area_id IS 'Area of the errand (cention.area).';
COMMENT ON COLUMN cention.errand_version.agent_id IS 'Agent of the errand (cention.agent); null for none.';
COMMENT ON COLUMN cention.errand_version.priority IS 'Priority, in the workspace''s words; null for none.';
COMMENT ON COLUMN cention.errand_version.service_id IS 'Channel of the errand (cention.service).';
COMMENT ON COLUMN cention.errand_version.organisation_id IS 'Organisation of the errand (cention.organisation).';
COMMENT ON COLUMN cention.errand_version.closed IS 'It was closed.';
COMMENT ON COLUMN cention.errand_version.answered IS 'It was answered.';
COMMENT ON COLUMN cention.errand_version.deleted IS 'It was deleted at Cention.';
COMMENT ON COLUMN cention.errand_version.tag_ids IS 'Its tags (cention.tag), ascending; null if no report named tags.';
COMMENT ON COLUMN cention.errand_version.handling_time_s IS 'Total handling time in seconds. A report without SLA leaves that of the version before.';
COMMENT ON COLUMN cention.errand_version.within_sla IS 'It was within its SLA. A report without SLA leaves that of the version before.';
COMMENT ON COLUMN cention.errand_version.fetched_at IS 'Last fetch that found the errand like this.';
COMMENT ON COLUMN cention.errand_version.fetch_times IS 'All fetches that found it like this, ascending. By these the bridge puts a fetch that is saved late in its place.';
COMMENT ON COLUMN cention.errand_version.action_times IS 'For each of fetch_times, the time of the newest action then; null if unknown.';
COMMENT ON COLUMN cention.errand_version.missing_parts IS 'For each of fetch_times, what the bridge took from the version before: the sum of 1 for the SLA, 2 for tags, 4 for all of a gone errand.';
