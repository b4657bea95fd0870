-- Exports that the bridge requested, their results, and the days that were backfilled.
CREATE TABLE cention.export_run (
    workspace  text NOT NULL,
    run_id     bigint GENERATED ALWAYS AS IDENTITY,
    origin     text NOT NULL CHECK (origin IN ('command', 'schedule', 'backfill')),
    preset_id  text NOT NULL,
    by_closure boolean NOT NULL,
    from_day   date,
    to_day     date,
    state      text NOT NULL CHECK (state IN ('running', 'done', 'refused', 'unknown')),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    export_id  bigint,
    errands    integer,
    unreadable integer,
    error      text,
    PRIMARY KEY (workspace, run_id)
);
CREATE INDEX export_run_going ON cention.export_run (workspace, run_id) WHERE state = 'running';
CREATE INDEX export_run_scheduled ON cention.export_run (workspace, run_id) WHERE origin = 'schedule';
COMMENT ON TABLE cention.export_run IS 'Exports that Cention was asked to make. Written before it is asked, since each leaves a generated export behind there.';
COMMENT ON COLUMN cention.export_run.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.export_run.run_id IS 'Our number for it.';
COMMENT ON COLUMN cention.export_run.origin IS 'Who asked: command, schedule, or backfill.';
COMMENT ON COLUMN cention.export_run.preset_id IS 'Cention''s id of the export, as it was prepared there.';
COMMENT ON COLUMN cention.export_run.by_closure IS 'Whether the days are those of closing; else those of arrival.';
COMMENT ON COLUMN cention.export_run.from_day IS 'First day asked for, on the workspace''s calendar; null from the beginning.';
COMMENT ON COLUMN cention.export_run.to_day IS 'Last day asked for; null to the end.';
COMMENT ON COLUMN cention.export_run.state IS 'running; done: its errands are here; refused: Cention did not make it; unknown: Cention may have made it, and its errands are not here.';
COMMENT ON COLUMN cention.export_run.started_at IS 'When Cention was asked.';
COMMENT ON COLUMN cention.export_run.ended_at IS 'When that ended; null while it runs.';
COMMENT ON COLUMN cention.export_run.export_id IS 'Cention''s id of the generated export.';
COMMENT ON COLUMN cention.export_run.errands IS 'How many errands it told; null unless done.';
COMMENT ON COLUMN cention.export_run.unreadable IS 'How many of these could not be read wholly; null unless done.';
COMMENT ON COLUMN cention.export_run.error IS 'Why it was refused, or what is unknown about it.';

CREATE TABLE cention.exported_errand (
    workspace          text NOT NULL,
    run_id             bigint NOT NULL,
    position           integer NOT NULL,
    errand_id          bigint,
    from_address       text,
    to_address         text,
    subject            text,
    question           text,
    answer             text,
    errand_notes       text,
    timestamp_arrived  text,
    timestamp_opened   text,
    timestamp_answered text,
    timestamp_closed   text,
    arrived_at         timestamptz,
    opened_at          timestamptz,
    answered_at        timestamptz,
    closed_at          timestamptz,
    agent_id           bigint,
    agent_name         text,
    area_id            bigint,
    area_name          text,
    area_external_id   text,
    tag_names          text,
    client_id          bigint,
    priority           text,
    channel            text,
    satisfaction_1     integer,
    satisfaction_2     integer,
    satisfaction_3     integer,
    satisfaction_4     integer,
    satisfaction_5     integer,
    document           jsonb,
    problem            text,
    PRIMARY KEY (workspace, run_id, position),
    FOREIGN KEY (workspace, run_id) REFERENCES cention.export_run ON DELETE CASCADE
);
CREATE INDEX exported_errand_id ON cention.exported_errand (workspace, errand_id);
CREATE INDEX exported_errand_with_bodies ON cention.exported_errand (workspace, run_id)
    WHERE question IS NOT NULL OR answer IS NOT NULL OR errand_notes IS NOT NULL OR document IS NOT NULL;
COMMENT ON TABLE cention.exported_errand IS 'Errands as exports told them, one row for each errand of each run. What is here now is in cention.errand.';
COMMENT ON COLUMN cention.exported_errand.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.exported_errand.run_id IS 'The run of cention.export_run that told it.';
COMMENT ON COLUMN cention.exported_errand.position IS 'Place within that export, from 1.';
COMMENT ON COLUMN cention.exported_errand.errand_id IS 'Cention''s id of the errand; null if it told none that makes sense.';
COMMENT ON COLUMN cention.exported_errand.from_address IS 'Address of the writer.';
COMMENT ON COLUMN cention.exported_errand.to_address IS 'Address written to.';
COMMENT ON COLUMN cention.exported_errand.subject IS 'Subject.';
COMMENT ON COLUMN cention.exported_errand.question IS 'What the customer wrote.';
COMMENT ON COLUMN cention.exported_errand.answer IS 'What was answered.';
COMMENT ON COLUMN cention.exported_errand.errand_notes IS 'Notes of agents.';
COMMENT ON COLUMN cention.exported_errand.timestamp_arrived IS 'Arrival, as Cention wrote it.';
COMMENT ON COLUMN cention.exported_errand.timestamp_opened IS 'Opening, as Cention wrote it.';
COMMENT ON COLUMN cention.exported_errand.timestamp_answered IS 'Answer, as Cention wrote it.';
COMMENT ON COLUMN cention.exported_errand.timestamp_closed IS 'Closing, as Cention wrote it.';
COMMENT ON COLUMN cention.exported_errand.arrived_at IS 'Arrival; null where the notation is none we know. Without an offset it is read on the workspace''s clock.';
COMMENT ON COLUMN cention.exported_errand.opened_at IS 'Opening, likewise.';
COMMENT ON COLUMN cention.exported_errand.answered_at IS 'Answer, likewise.';
COMMENT ON COLUMN cention.exported_errand.closed_at IS 'Closing, likewise.';
COMMENT ON COLUMN cention.exported_errand.agent_id IS 'Agent it is assigned to; null for none.';
COMMENT ON COLUMN cention.exported_errand.agent_name IS 'Name of that agent.';
COMMENT ON COLUMN cention.exported_errand.area_id IS 'Area it lies in; null for none.';
COMMENT ON COLUMN cention.exported_errand.area_name IS 'Name of that area.';
COMMENT ON COLUMN cention.exported_errand.area_external_id IS 'Id of that area in another system.';
COMMENT ON COLUMN cention.exported_errand.tag_names IS 'Names of its tags in one text, as Cention wrote it.';
COMMENT ON COLUMN cention.exported_errand.client_id IS 'Cention''s id of the writer; null for none.';
COMMENT ON COLUMN cention.exported_errand.priority IS 'Priority.';
COMMENT ON COLUMN cention.exported_errand.channel IS 'Name of the channel it came through.';
COMMENT ON COLUMN cention.exported_errand.satisfaction_1 IS 'Answer to the satisfaction meter, level 1.';
COMMENT ON COLUMN cention.exported_errand.satisfaction_2 IS 'Answer to the satisfaction meter, level 2.';
COMMENT ON COLUMN cention.exported_errand.satisfaction_3 IS 'Answer to the satisfaction meter, level 3.';
COMMENT ON COLUMN cention.exported_errand.satisfaction_4 IS 'Answer to the satisfaction meter, level 4.';
COMMENT ON COLUMN cention.exported_errand.satisfaction_5 IS 'Answer to the satisfaction meter, level 5.';
COMMENT ON COLUMN cention.exported_errand.document IS 'The row as it came, if it told more than these columns or could not be read wholly; else null.';
COMMENT ON COLUMN cention.exported_errand.problem IS 'What could not be read.';

CREATE TABLE intake.backfilled (
    workspace  text NOT NULL,
    preset_id  text NOT NULL,
    by_closure boolean NOT NULL,
    day        date NOT NULL,
    run_id     bigint NOT NULL,
    done_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, preset_id, by_closure, day)
);
COMMENT ON TABLE intake.backfilled IS 'Days whose errands were found by going back through exports, and were put on the list of wanted records. None is asked for twice, unless somebody says so.';
COMMENT ON COLUMN intake.backfilled.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.backfilled.preset_id IS 'Cention''s id of the export that was used.';
COMMENT ON COLUMN intake.backfilled.by_closure IS 'Whether it is a day of closing; else one of arrival.';
COMMENT ON COLUMN intake.backfilled.day IS 'Day on the workspace''s calendar, over when it was asked for.';
COMMENT ON COLUMN intake.backfilled.run_id IS 'The run of cention.export_run.';
COMMENT ON COLUMN intake.backfilled.done_at IS 'When its errands were put on the list.';
