-- Figures of a day that can be added up over any days. The table has the comments of the view that shows it.
CREATE TABLE intake.summary_day (
    workspace                       text NOT NULL,
    row_id                          bigint GENERATED ALWAYS AS IDENTITY,
    day                             date NOT NULL,
    grouped_by                      text NOT NULL CHECK (grouped_by IN ('all', 'area', 'channel', 'agent')),
    area_id                         bigint,
    service_id                      bigint,
    agent_id                        bigint,
    arrived                         bigint NOT NULL,
    first_response_n                bigint NOT NULL,
    within_1_hour                   bigint NOT NULL,
    within_4_hours                  bigint NOT NULL,
    within_1_day                    bigint NOT NULL,
    within_1_business_hour          bigint NOT NULL,
    within_4_business_hours         bigint NOT NULL,
    sla_n                           bigint NOT NULL,
    within_sla                      bigint NOT NULL,
    repeated                        bigint NOT NULL,
    responses                       bigint NOT NULL,
    csat_n                          bigint NOT NULL,
    satisfied                       bigint NOT NULL,
    resolved                        bigint NOT NULL,
    resolution_n                    bigint NOT NULL,
    closed_and_reopened             bigint NOT NULL,
    reopened                        bigint NOT NULL,
    first_response_classes          integer[] NOT NULL,
    first_response_counts           integer[] NOT NULL,
    first_response_business_classes integer[] NOT NULL,
    first_response_business_counts  integer[] NOT NULL,
    resolution_classes              integer[] NOT NULL,
    resolution_counts               integer[] NOT NULL,
    resolution_business_classes     integer[] NOT NULL,
    resolution_business_counts      integer[] NOT NULL,
    arrival_hours                   integer[] NOT NULL,
    arrival_hour_counts             integer[] NOT NULL,
    PRIMARY KEY (workspace, row_id)
);
CREATE INDEX summary_day_day ON intake.summary_day (workspace, day, grouped_by);

-- Figures of errands stay; at the end of a computation of everything all days are due.
UPDATE intake.metrics_progress
SET after_id = coalesce(after_id, 9223372036854775807), since = NULL, began_at = clock_timestamp();
