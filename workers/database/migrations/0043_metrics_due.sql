-- What changed since figures were last computed from it. Triggers write it, in 0044.
CREATE TABLE intake.metrics_due (
    workspace text NOT NULL,
    kind      text NOT NULL CHECK (kind IN (
        'errand', 'facebook_rating', 'survey_session', 'agent_logon_day', 'agent', 'area', 'organisation', 'service',
        'tag', 'workspace', 'action_pattern'
    )),
    record_id bigint NOT NULL,
    marked_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    marked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, kind, record_id, marked_in)
);
COMMENT ON TABLE intake.metrics_due IS 'Marks: records that changed since figures were last computed from them, written by triggers in the transaction of the change. A record that is marked gets no second mark, except from transactions that mark it at the same time: none waits for another.';
COMMENT ON COLUMN intake.metrics_due.workspace IS 'Cention workspace; * for a pattern of all workspaces.';
COMMENT ON COLUMN intake.metrics_due.kind IS 'What changed. errand: the errand, its history, answers or surveys; survey_session: a survey without an errand; agent_logon_day: log-ons of a day in UTC; agent, area, organisation, service, tag: a name, or the login names of an agent; workspace: its time zone; action_pattern: its patterns.';
COMMENT ON COLUMN intake.metrics_due.record_id IS 'Id of the record; the day as YYYYMMDD for agent_logon_day; 0 for workspace and action_pattern.';
COMMENT ON COLUMN intake.metrics_due.marked_in IS 'Transaction that marked it: marks of two transactions are two keys.';
COMMENT ON COLUMN intake.metrics_due.marked_at IS 'When that transaction began.';

-- Each mark is looked up by its key, whatever the planner believes of a table that was empty when it planned.
CREATE FUNCTION intake.mark_due(of_kind text, workspaces text[], ids bigint[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO intake.metrics_due (workspace, kind, record_id)
    SELECT c.workspace, of_kind, c.id
    FROM (SELECT DISTINCT workspace, id FROM unnest(workspaces, ids) AS x (workspace, id)) AS c
    LEFT JOIN LATERAL (
        SELECT true AS found FROM intake.metrics_due AS d
        WHERE (d.workspace, d.kind, d.record_id) = (c.workspace, of_kind, c.id)
        LIMIT 1
    ) AS known ON true
    WHERE known.found IS NULL
    ORDER BY c.workspace, c.id;
END $$;
COMMENT ON FUNCTION intake.mark_due IS 'Mark records of one kind, given with their workspaces, unless they are marked. The caller has changed them in this transaction before.';

CREATE FUNCTION intake.mark_errands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM intake.mark_due('errand', array_agg(workspace), array_agg(errand_id)) FROM changed;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_errands_of_past_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed WHERE valid_to IS NOT NULL) THEN
        PERFORM intake.mark_due('errand', array_agg(workspace), array_agg(errand_id))
        FROM changed WHERE valid_to IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_errands_of_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM intake.mark_due('errand', array_agg(a.workspace), array_agg(a.errand_id))
        FROM changed JOIN cention.answer AS a USING (workspace, answer_id);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_surveys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due('errand', array_agg(workspace), array_agg(errand_id))
    FROM changed WHERE errand_id IS NOT NULL;
    PERFORM intake.mark_due('survey_session', array_agg(workspace), array_agg(session_id))
    FROM changed WHERE errand_id IS NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_survey_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due('errand', array_agg(s.workspace), array_agg(s.errand_id))
    FROM changed JOIN feedback.session AS s USING (workspace, session_id) WHERE s.errand_id IS NOT NULL;
    PERFORM intake.mark_due('survey_session', array_agg(s.workspace), array_agg(s.session_id))
    FROM changed JOIN feedback.session AS s USING (workspace, session_id) WHERE s.errand_id IS NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_logon_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due(
        'agent_logon_day', array_agg(workspace),
        array_agg(to_char(happened_at AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint)
    ) FROM changed;
    RETURN NULL;
END $$;
-- Arguments: the kind, and the column of its id.
CREATE FUNCTION intake.mark_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM intake.mark_due(
            TG_ARGV[0], array_agg(c.workspace), array_agg((to_jsonb(c) ->> TG_ARGV[1])::bigint)
        ) FROM changed AS c;
    END IF;
    RETURN NULL;
END $$;
-- The record that a row belonged to before. Arguments: the kind, and the column of its id.
CREATE FUNCTION intake.mark_former_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due(
        TG_ARGV[0], ARRAY[OLD.workspace], ARRAY[(to_jsonb(OLD) ->> TG_ARGV[1])::bigint]
    );
    RETURN NULL;
END $$;
-- Argument: the kind.
CREATE FUNCTION intake.mark_workspaces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due(TG_ARGV[0], array_agg(workspace), array_agg(0::bigint)) FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION intake.mark_time_zones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM intake.mark_due('workspace', array_agg(c.workspace), array_agg(0::bigint))
    FROM changed AS c JOIN former AS f USING (workspace) WHERE c.timezone IS DISTINCT FROM f.timezone;
    RETURN NULL;
END $$;
