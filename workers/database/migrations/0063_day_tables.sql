-- Figures of days are kept in tables, and computed again for the days that a change reaches. The tables
-- have the comments of the views that show them, which 0023_day_tables.sql copies.
CREATE TABLE intake.area_day (
    workspace                text NOT NULL,
    row_id                   bigint GENERATED ALWAYS AS IDENTITY,
    day                      date,
    area_id                  bigint,
    arrived                  bigint NOT NULL,
    answered                 bigint NOT NULL,
    closed                   bigint NOT NULL,
    deleted                  bigint NOT NULL,
    gone                     bigint NOT NULL,
    open                     bigint NOT NULL,
    answered_on_day          bigint NOT NULL,
    sla_count                bigint NOT NULL,
    within_sla_count         bigint NOT NULL,
    within_sla_share         numeric,
    avg_handling_time_min    numeric,
    median_handling_time_min numeric,
    avg_response_time_min    numeric,
    median_response_time_min numeric,
    feedback_count           bigint NOT NULL,
    avg_feedback_value       numeric,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX area_day_day ON intake.area_day (workspace, day);

CREATE TABLE intake.tag_day (
    workspace                text NOT NULL,
    row_id                   bigint GENERATED ALWAYS AS IDENTITY,
    day                      date,
    tag_id                   bigint,
    arrived                  bigint NOT NULL,
    answered                 bigint NOT NULL,
    closed                   bigint NOT NULL,
    deleted                  bigint NOT NULL,
    gone                     bigint NOT NULL,
    open                     bigint NOT NULL,
    answered_on_day          bigint NOT NULL,
    sla_count                bigint NOT NULL,
    within_sla_count         bigint NOT NULL,
    within_sla_share         numeric,
    avg_handling_time_min    numeric,
    median_handling_time_min numeric,
    avg_response_time_min    numeric,
    median_response_time_min numeric,
    feedback_count           bigint NOT NULL,
    avg_feedback_value       numeric,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX tag_day_day ON intake.tag_day (workspace, day);

CREATE TABLE intake.agent_day (
    workspace                text NOT NULL,
    row_id                   bigint GENERATED ALWAYS AS IDENTITY,
    day                      date,
    agent_id                 bigint,
    arrived                  bigint NOT NULL,
    answered                 bigint NOT NULL,
    closed                   bigint NOT NULL,
    deleted                  bigint NOT NULL,
    gone                     bigint NOT NULL,
    open                     bigint NOT NULL,
    answered_on_day          bigint NOT NULL,
    sla_count                bigint NOT NULL,
    within_sla_count         bigint NOT NULL,
    within_sla_share         numeric,
    avg_handling_time_min    numeric,
    median_handling_time_min numeric,
    avg_response_time_min    numeric,
    median_response_time_min numeric,
    feedback_count           bigint NOT NULL,
    avg_feedback_value       numeric,
    login_names              text[],
    logged_in_hours          numeric,
    unpaired_logons          bigint,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX agent_day_day ON intake.agent_day (workspace, day);

CREATE TABLE intake.response_time_day (
    workspace                     text NOT NULL,
    row_id                        bigint GENERATED ALWAYS AS IDENTITY,
    day                           date,
    grouped_by                    text NOT NULL CHECK (grouped_by IN ('all', 'area', 'channel', 'agent')),
    area_id                       bigint,
    service_id                    bigint,
    agent_id                      bigint,
    n                             bigint NOT NULL,
    median_min                    numeric,
    p90_min                       numeric,
    p95_min                       numeric,
    within_1_hour_share           numeric,
    within_4_hours_share          numeric,
    within_1_day_share            numeric,
    median_business_min           numeric,
    p90_business_min              numeric,
    p95_business_min              numeric,
    within_1_business_hour_share  numeric,
    within_4_business_hours_share numeric,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX response_time_day_day ON intake.response_time_day (workspace, day);

CREATE TABLE intake.sla_day (
    workspace      text NOT NULL,
    row_id         bigint GENERATED ALWAYS AS IDENTITY,
    day            date,
    area_id        bigint,
    service_id     bigint,
    arrived        bigint NOT NULL,
    n              bigint NOT NULL,
    breached       bigint NOT NULL,
    breached_share numeric,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX sla_day_day ON intake.sla_day (workspace, day);

CREATE TABLE intake.channel_day (
    workspace                          text NOT NULL,
    row_id                             bigint GENERATED ALWAYS AS IDENTITY,
    day                                date,
    service_id                         bigint,
    arrived                            bigint NOT NULL,
    n                                  bigint NOT NULL,
    resolved                           bigint NOT NULL,
    reopened                           bigint NOT NULL,
    one_touch                          bigint NOT NULL,
    median_first_response_min          numeric,
    median_first_response_business_min numeric,
    csat_n                             bigint NOT NULL,
    satisfied_share                    numeric,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX channel_day_day ON intake.channel_day (workspace, day);

CREATE TABLE intake.tag_trend_week (
    workspace      text NOT NULL,
    row_id         bigint GENERATED ALWAYS AS IDENTITY,
    week           date NOT NULL,
    tag_id         bigint,
    errands        bigint NOT NULL,
    n              bigint NOT NULL,
    errand_share   numeric,
    errands_before bigint,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX tag_trend_week_week ON intake.tag_trend_week (workspace, week);

CREATE TABLE intake.agent_shift (
    workspace      text NOT NULL,
    row_id         bigint GENERATED ALWAYS AS IDENTITY,
    day            date NOT NULL,
    week           date NOT NULL GENERATED ALWAYS AS (date_trunc('week', day::timestamp)::date) STORED,
    login_name     text NOT NULL,
    state          text NOT NULL CHECK (state IN ('complete', 'running', 'no logout', 'no login')),
    shift_began_at timestamptz,
    shift_ended_at timestamptz,
    from_at        timestamptz,
    to_at          timestamptz,
    known_until_at timestamptz,
    computed_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace, login_name, row_id)
);
CREATE INDEX agent_shift_day ON intake.agent_shift (workspace, day);
CREATE INDEX agent_shift_week ON intake.agent_shift (workspace, week);
CREATE INDEX agent_shift_running ON intake.agent_shift (workspace) WHERE state = 'running';
COMMENT ON COLUMN intake.agent_shift.week IS 'Monday of its week.';
COMMENT ON COLUMN intake.agent_shift.known_until_at IS 'Until when log-ons were stored without a gap when this was computed (intake.agent_logon_reach); null for none.';
COMMENT ON COLUMN intake.agent_shift.computed_at IS 'When this was computed.';

-- One list for all days. Workers of before do not find the old one: they compute nothing until they are restarted, and
-- so leave no day out.
ALTER TABLE intake.backlog_due RENAME TO day_due;
ALTER TABLE intake.day_due
    ADD COLUMN kept text NOT NULL DEFAULT 'backlog_day',
    ALTER COLUMN is_new SET DEFAULT false,
    DROP CONSTRAINT backlog_due_pkey,
    ADD PRIMARY KEY (workspace, kept, day);
ALTER TABLE intake.day_due ALTER COLUMN kept DROP DEFAULT;
COMMENT ON TABLE intake.day_due IS 'Days and weeks whose rows of a kept table are to be computed. Only the session that computes figures writes here.';
COMMENT ON COLUMN intake.day_due.kept IS 'The table: backlog_day of schema analyst, or one of schema intake.';
COMMENT ON COLUMN intake.day_due.day IS 'Day in the time zone of the workspace, or Monday of the week; -infinity for errands whose arrival is not known.';
COMMENT ON COLUMN intake.day_due.is_new IS 'It has not been computed before: what comes of it is no correction. Of other tables: it is due since everything was computed, which lasts until it is computed.';
COMMENT ON COLUMN intake.day_due.marked_at IS 'Since when it waits. While everything is computed, days of backlog_day wait for the end of that.';

CREATE TABLE intake.logon_due (
    workspace  text NOT NULL,
    login_name text NOT NULL,
    marked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, login_name)
);
COMMENT ON TABLE intake.logon_due IS 'Login names whose intake.agent_shift is to be computed. Only the session that computes figures writes here.';
COMMENT ON COLUMN intake.logon_due.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.logon_due.login_name IS 'Login name.';
COMMENT ON COLUMN intake.logon_due.marked_at IS 'Since when it waits.';

-- By the transaction that changed them, so that none waits for another (intake.metrics_due).
CREATE TABLE intake.errand_moved (
    workspace   text NOT NULL,
    errand_id   bigint NOT NULL,
    moved_in    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    arrived_at  timestamptz,
    answered_at timestamptz,
    PRIMARY KEY (workspace, errand_id, moved_in)
);
COMMENT ON TABLE intake.errand_moved IS 'Times by which errands counted on days before a report changed them. A row goes when the figures of its errand are computed.';
COMMENT ON COLUMN intake.errand_moved.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.errand_moved.errand_id IS 'Errand.';
COMMENT ON COLUMN intake.errand_moved.moved_in IS 'Transaction that changed it.';
COMMENT ON COLUMN intake.errand_moved.arrived_at IS 'Arrival until then; null if it was not known.';
COMMENT ON COLUMN intake.errand_moved.answered_at IS 'Answer until then; null for none.';

-- No time zone is applied here, so that a wrong one cannot fail the save of a report.
CREATE FUNCTION intake.record_moved_errand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.errand_moved (workspace, errand_id, arrived_at, answered_at)
    VALUES (OLD.workspace, OLD.errand_id, OLD.arrived_at, OLD.answered_at)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- Figures of errands stay; at the end of a computation of everything all days are due.
UPDATE intake.metrics_progress
SET after_id = coalesce(after_id, 9223372036854775807), since = NULL, began_at = clock_timestamp();
