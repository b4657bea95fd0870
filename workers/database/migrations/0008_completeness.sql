-- Records that Cention reported, by day, with their outcome: shows whether any was lost.
CREATE TABLE intake.reported (
    workspace   text NOT NULL,
    family      text NOT NULL,
    remote_id   bigint NOT NULL,
    day         date NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (workspace, family, remote_id, day)
);
CREATE INDEX reported_day ON intake.reported (workspace, family, day);
COMMENT ON TABLE intake.reported IS 'Records that Cention listed as changed, or named in a callback: each once a day. Kept apart from intake.wanted, so that the two can be held against one another; dropped 30 days after a day whose records are all at home.';
COMMENT ON COLUMN intake.reported.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.reported.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.reported.remote_id IS 'Cention''s id of the record.';
COMMENT ON COLUMN intake.reported.day IS 'Day in the workspace''s time zone on which it came onto our list.';
COMMENT ON COLUMN intake.reported.reported_at IS 'When it was last reported anew that day: a fetch from then on answers it. While the record waits unfetched on our list, nothing is noted again.';

CREATE TABLE intake.completeness (
    workspace  text NOT NULL,
    family     text NOT NULL,
    day        date NOT NULL,
    reported   bigint NOT NULL,
    stored     bigint NOT NULL,
    pending    bigint NOT NULL,
    parked     bigint NOT NULL,
    unreadable bigint NOT NULL,
    gone       bigint NOT NULL,
    missing    bigint NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (workspace, family, day),
    CHECK (reported = stored + pending + parked + unreadable + gone + missing)
);
CREATE INDEX completeness_missing ON intake.completeness (workspace, family, day) WHERE missing > 0;
COMMENT ON TABLE intake.completeness IS 'Day by day, what Cention reported against what became of it; counted every 10 minutes. A day on which nothing was reported has a row too.';
COMMENT ON COLUMN intake.completeness.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.completeness.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.completeness.day IS 'Day in the workspace''s time zone.';
COMMENT ON COLUMN intake.completeness.reported IS 'Records that Cention reported that day, each once: the sum of the following six.';
COMMENT ON COLUMN intake.completeness.stored IS 'Of these, those stored as they were when reported, or later.';
COMMENT ON COLUMN intake.completeness.pending IS 'Of these, those on our list to be fetched.';
COMMENT ON COLUMN intake.completeness.parked IS 'Of these, those given up until an operator releases them.';
COMMENT ON COLUMN intake.completeness.unreadable IS 'Of these, those whose document is kept and makes no sense, and attachments refused.';
COMMENT ON COLUMN intake.completeness.gone IS 'Of these, those that Cention has no more.';
COMMENT ON COLUMN intake.completeness.missing IS 'Of these, those that are nowhere: always 0, or something was lost here.';
COMMENT ON COLUMN intake.completeness.checked_at IS 'When this was counted.';
