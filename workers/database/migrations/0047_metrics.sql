-- Figures of each errand, computed from its history whenever something of it changes.
CREATE TABLE analyst.errand_metrics (
    workspace                         text NOT NULL,
    errand_id                         bigint NOT NULL,
    arrived_at                        timestamptz,
    arrived_on                        date,
    service_id                        bigint,
    organisation_id                   bigint,
    area_id                           bigint,
    agent_id                          bigint,
    state                             text NOT NULL,
    by_opening_hours                  boolean NOT NULL,
    first_response_at                 timestamptz,
    last_response_at                  timestamptz,
    response_count                    bigint NOT NULL,
    first_response_min                numeric,
    first_response_business_min       numeric,
    last_response_min                 numeric,
    last_response_business_min        numeric,
    first_resolved_at                 timestamptz,
    resolved_at                       timestamptz,
    first_resolution_min              numeric,
    first_resolution_business_min     numeric,
    final_resolution_min              numeric,
    final_resolution_business_min     numeric,
    reopening_count                   bigint NOT NULL,
    waiting_on                        text CHECK (waiting_on IN ('us', 'customer')),
    waiting_since_at                  timestamptz,
    waiting_on_us_min                 numeric,
    waiting_on_us_business_min        numeric,
    waiting_on_customer_min           numeric,
    waiting_on_customer_business_min  numeric,
    agent_count                       bigint,
    area_count                        bigint,
    reassignment_count                bigint,
    transfer_count                    bigint,
    one_touch                         boolean,
    sla_breached                      boolean,
    feedback_value                    integer,
    csat_score                        numeric,
    csat_highest                      numeric,
    nps_score                         numeric,
    computed_at                       timestamptz NOT NULL,
    PRIMARY KEY (workspace, errand_id)
);
CREATE INDEX errand_metrics_arrived ON analyst.errand_metrics (workspace, arrived_on);
CREATE INDEX errand_metrics_resolved ON analyst.errand_metrics (workspace, resolved_at);
COMMENT ON TABLE analyst.errand_metrics IS 'One row per errand with its figures, seconds behind its report. A duration is null where it did not happen, never 0. How each is computed: deploy/docs/analysts.md.';
COMMENT ON COLUMN analyst.errand_metrics.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.errand_metrics.errand_id IS 'Cention''s id of the errand.';
COMMENT ON COLUMN analyst.errand_metrics.arrived_at IS 'Arrival, to the minute; null if Cention never reported it: then no duration is known.';
COMMENT ON COLUMN analyst.errand_metrics.arrived_on IS 'Day of arrival in the workspace''s time zone.';
COMMENT ON COLUMN analyst.errand_metrics.service_id IS 'Channel (cention.service).';
COMMENT ON COLUMN analyst.errand_metrics.organisation_id IS 'Organisation (cention.organisation).';
COMMENT ON COLUMN analyst.errand_metrics.area_id IS 'Area it is in now (cention.area). Its opening hours count, also for the time before it was moved there.';
COMMENT ON COLUMN analyst.errand_metrics.agent_id IS 'Agent it is assigned to now (cention.agent); null for none.';
COMMENT ON COLUMN analyst.errand_metrics.state IS 'The first that holds of gone, deleted, closed, answered, open.';
COMMENT ON COLUMN analyst.errand_metrics.by_opening_hours IS 'False: neither the area nor the workspace has opening hours, so that business time is calendar time.';
COMMENT ON COLUMN analyst.errand_metrics.first_response_at IS 'First answer; null for none.';
COMMENT ON COLUMN analyst.errand_metrics.last_response_at IS 'Last answer; null for none.';
COMMENT ON COLUMN analyst.errand_metrics.response_count IS 'Number of answers. Where only the report says that it was answered, 1.';
COMMENT ON COLUMN analyst.errand_metrics.first_response_min IS 'Minutes from arrival to the first answer.';
COMMENT ON COLUMN analyst.errand_metrics.first_response_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.last_response_min IS 'Minutes from arrival to the last answer.';
COMMENT ON COLUMN analyst.errand_metrics.last_response_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.first_resolved_at IS 'When it was closed for the first time; null if never.';
COMMENT ON COLUMN analyst.errand_metrics.resolved_at IS 'When it was closed for the last time; null unless it is closed now.';
COMMENT ON COLUMN analyst.errand_metrics.first_resolution_min IS 'Minutes from arrival to first_resolved_at.';
COMMENT ON COLUMN analyst.errand_metrics.first_resolution_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.final_resolution_min IS 'Minutes from arrival to resolved_at.';
COMMENT ON COLUMN analyst.errand_metrics.final_resolution_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.reopening_count IS 'How often it was reopened after it was closed.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_on IS 'For whom it waits now: us, until we answer; customer, once answered; null if it is closed, deleted or gone.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_since_at IS 'Since when it waits for them.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_on_us_min IS 'Minutes it was open and not answered since it arrived or was reopened, together. The wait that lasts still is not in it.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_on_us_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_on_customer_min IS 'Minutes it was answered and still open, together. The wait that lasts still is not in it.';
COMMENT ON COLUMN analyst.errand_metrics.waiting_on_customer_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.errand_metrics.agent_count IS 'Number of agents it was assigned to, as far as fetches found them; null if it was fetched only before its history began.';
COMMENT ON COLUMN analyst.errand_metrics.area_count IS 'Number of areas it was in, as far as fetches found them.';
COMMENT ON COLUMN analyst.errand_metrics.reassignment_count IS 'Number of assignments after the first, by Cention''s log; null without a log.';
COMMENT ON COLUMN analyst.errand_metrics.transfer_count IS 'Number of moves to another area, by Cention''s log; null without a log.';
COMMENT ON COLUMN analyst.errand_metrics.one_touch IS 'Closed with one answer, and never reopened; null unless it is closed now.';
COMMENT ON COLUMN analyst.errand_metrics.sla_breached IS 'Not within the SLA, as Cention computed it; null until it did, and for deleted errands. Cention reports no target.';
COMMENT ON COLUMN analyst.errand_metrics.feedback_value IS 'Cention''s own rating of satisfaction; null for none, and for deleted errands.';
COMMENT ON COLUMN analyst.errand_metrics.csat_score IS 'First verified answer to a csat question of our survey; null for none.';
COMMENT ON COLUMN analyst.errand_metrics.csat_highest IS 'Highest score of that question. Scores of different scales are not to be mixed.';
COMMENT ON COLUMN analyst.errand_metrics.nps_score IS 'First verified answer to an nps question of our survey, from 0 to 10; null for none.';
COMMENT ON COLUMN analyst.errand_metrics.computed_at IS 'When this row was computed.';

CREATE TABLE analyst.errand_response (
    workspace    text NOT NULL,
    errand_id    bigint NOT NULL,
    position     bigint NOT NULL,
    responded_at timestamptz NOT NULL,
    area_id      bigint,
    agent_id     bigint,
    PRIMARY KEY (workspace, errand_id, position)
);
CREATE INDEX errand_response_responded ON analyst.errand_response (workspace, responded_at);
COMMENT ON TABLE analyst.errand_response IS 'One row per answer to an errand.';
COMMENT ON COLUMN analyst.errand_response.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.errand_response.errand_id IS 'Errand that was answered.';
COMMENT ON COLUMN analyst.errand_response.position IS 'Which answer to the errand, from 1.';
COMMENT ON COLUMN analyst.errand_response.responded_at IS 'When it was answered, as exactly as the best source knows.';
COMMENT ON COLUMN analyst.errand_response.area_id IS 'Area the errand was in then.';
COMMENT ON COLUMN analyst.errand_response.agent_id IS 'Agent the errand was assigned to then; null for none.';

CREATE TABLE analyst.open_span (
    workspace  text NOT NULL,
    errand_id  bigint NOT NULL,
    from_at    timestamptz NOT NULL,
    to_at      timestamptz,
    waiting_on text NOT NULL CHECK (waiting_on IN ('us', 'customer')),
    area_id    bigint,
    agent_id   bigint,
    service_id bigint,
    arrived_at timestamptz NOT NULL,
    PRIMARY KEY (workspace, errand_id, from_at)
);
CREATE INDEX open_span_ended ON analyst.open_span (workspace, to_at);
COMMENT ON TABLE analyst.open_span IS 'When errands were open, with whom and where: one row for each stretch in which none of that changed.';
COMMENT ON COLUMN analyst.open_span.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.open_span.errand_id IS 'Errand.';
COMMENT ON COLUMN analyst.open_span.from_at IS 'Beginning.';
COMMENT ON COLUMN analyst.open_span.to_at IS 'End; null if it lasts still.';
COMMENT ON COLUMN analyst.open_span.waiting_on IS 'us, or customer once it was answered.';
COMMENT ON COLUMN analyst.open_span.area_id IS 'Area it was in, by the newest fetch before; earlier than the first fetch, what that found.';
COMMENT ON COLUMN analyst.open_span.agent_id IS 'Agent it was assigned to, by the same rule; null for none.';
COMMENT ON COLUMN analyst.open_span.service_id IS 'Channel of the errand.';
COMMENT ON COLUMN analyst.open_span.arrived_at IS 'Arrival of the errand.';

CREATE TABLE analyst.reopening (
    workspace          text NOT NULL,
    errand_id          bigint NOT NULL,
    position           bigint NOT NULL,
    closed_at          timestamptz NOT NULL,
    reopened_at        timestamptz NOT NULL,
    after_min          numeric NOT NULL,
    after_business_min numeric NOT NULL,
    area_id            bigint,
    agent_id           bigint,
    PRIMARY KEY (workspace, errand_id, position)
);
CREATE INDEX reopening_closed ON analyst.reopening (workspace, closed_at);
COMMENT ON TABLE analyst.reopening IS 'One row each time that an errand was reopened after it was closed.';
COMMENT ON COLUMN analyst.reopening.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.reopening.errand_id IS 'Errand.';
COMMENT ON COLUMN analyst.reopening.position IS 'Which reopening of the errand, from 1.';
COMMENT ON COLUMN analyst.reopening.closed_at IS 'When it had been closed.';
COMMENT ON COLUMN analyst.reopening.reopened_at IS 'When it was reopened.';
COMMENT ON COLUMN analyst.reopening.after_min IS 'Minutes between the two.';
COMMENT ON COLUMN analyst.reopening.after_business_min IS 'The same in opening hours.';
COMMENT ON COLUMN analyst.reopening.area_id IS 'Area it was in when it was closed.';
COMMENT ON COLUMN analyst.reopening.agent_id IS 'Agent it was assigned to when it was closed; null for none.';

CREATE TABLE analyst.repeat_contact (
    workspace         text NOT NULL,
    errand_id         bigint NOT NULL,
    earlier_errand_id bigint NOT NULL,
    arrived_at        timestamptz NOT NULL,
    earlier_at        timestamptz NOT NULL,
    after_min         numeric NOT NULL,
    within_1_day      boolean NOT NULL,
    within_7_days     boolean NOT NULL,
    area_id           bigint,
    PRIMARY KEY (workspace, errand_id)
);
CREATE INDEX repeat_contact_earlier ON analyst.repeat_contact (workspace, earlier_errand_id);
CREATE INDEX repeat_contact_arrived ON analyst.repeat_contact (workspace, arrived_at);
COMMENT ON TABLE analyst.repeat_contact IS 'Errands of persons who had written within 30 days before, by the same address: one row per such errand, with the newest errand before it. Deleted errands are left out.';
COMMENT ON COLUMN analyst.repeat_contact.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.repeat_contact.errand_id IS 'Errand.';
COMMENT ON COLUMN analyst.repeat_contact.earlier_errand_id IS 'Newest errand of the same person before it.';
COMMENT ON COLUMN analyst.repeat_contact.arrived_at IS 'Arrival of the errand.';
COMMENT ON COLUMN analyst.repeat_contact.earlier_at IS 'Arrival of the earlier errand.';
COMMENT ON COLUMN analyst.repeat_contact.after_min IS 'Minutes between the two, at most 43,200.';
COMMENT ON COLUMN analyst.repeat_contact.within_1_day IS 'They are at most 24 hours apart.';
COMMENT ON COLUMN analyst.repeat_contact.within_7_days IS 'They are at most 7 times 24 hours apart.';
COMMENT ON COLUMN analyst.repeat_contact.area_id IS 'Area the errand is in now.';

CREATE TABLE analyst.backlog_day (
    workspace        text NOT NULL,
    day              date NOT NULL,
    area_id          bigint,
    agent_id         bigint,
    age_band         text NOT NULL,
    open             bigint NOT NULL,
    waiting_on_us    bigint NOT NULL,
    oldest_at        timestamptz NOT NULL,
    corrected_at     timestamptz
);
CREATE INDEX backlog_day_day ON analyst.backlog_day (workspace, day);
COMMENT ON TABLE analyst.backlog_day IS 'Errands that were open at the end of each day, in the workspace''s time zone: one row per day, area, agent and age. Days that are over only. It changes later only if a late report says so.';
COMMENT ON COLUMN analyst.backlog_day.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.backlog_day.day IS 'Day at whose end they were open.';
COMMENT ON COLUMN analyst.backlog_day.area_id IS 'Area they were in then.';
COMMENT ON COLUMN analyst.backlog_day.agent_id IS 'Agent they were assigned to then; null for none.';
COMMENT ON COLUMN analyst.backlog_day.age_band IS 'Age since arrival, in days: 0-1, 1-3, 3-7, 7-30 or 30+.';
COMMENT ON COLUMN analyst.backlog_day.open IS 'Number of errands.';
COMMENT ON COLUMN analyst.backlog_day.waiting_on_us IS 'Of these: not answered since they arrived or were reopened.';
COMMENT ON COLUMN analyst.backlog_day.oldest_at IS 'Arrival of the oldest of them.';
COMMENT ON COLUMN analyst.backlog_day.corrected_at IS 'When this day was computed again because a late report had changed it; null if never.';

CREATE TABLE intake.metrics_claim (
    workspace text NOT NULL,
    kind      text NOT NULL,
    record_id bigint NOT NULL,
    PRIMARY KEY (workspace, kind, record_id)
);
COMMENT ON TABLE intake.metrics_claim IS 'Marks that were taken from intake.metrics_due. They stay until the figures are computed, so that no crash loses them.';
COMMENT ON COLUMN intake.metrics_claim.workspace IS 'Cention workspace; * for a pattern of all workspaces.';
COMMENT ON COLUMN intake.metrics_claim.kind IS 'What changed, as in intake.metrics_due.';
COMMENT ON COLUMN intake.metrics_claim.record_id IS 'Id of the record, as in intake.metrics_due.';

CREATE TABLE intake.metrics_progress (
    workspace text NOT NULL,
    after_id  bigint,
    day       date,
    PRIMARY KEY (workspace)
);
COMMENT ON TABLE intake.metrics_progress IS 'How far figures have been computed.';
COMMENT ON COLUMN intake.metrics_progress.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.metrics_progress.after_id IS 'A computation of everything is under way, and has done the errands up to this id; null for none.';
COMMENT ON COLUMN intake.metrics_progress.day IS 'Last day of analyst.backlog_day; null before the first.';
