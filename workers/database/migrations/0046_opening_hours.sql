-- Opening hours and holidays, by which durations are counted in business time.
CREATE TABLE cention.opening_hours (
    workspace   text NOT NULL,
    position    integer NOT NULL,
    area_id     bigint,
    weekday     smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_minute smallint NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute   smallint NOT NULL CHECK (to_minute > from_minute AND to_minute <= 2880),
    PRIMARY KEY (workspace, position)
);
CREATE INDEX opening_hours_weekday ON cention.opening_hours (workspace, area_id, weekday);
COMMENT ON TABLE cention.opening_hours IS 'When areas are open in each week (cention opening-hours). An area with rows of its own has only these; every other area has the rows without an area.';
COMMENT ON COLUMN cention.opening_hours.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.opening_hours.position IS 'Place in the file that was loaded, from 1.';
COMMENT ON COLUMN cention.opening_hours.area_id IS 'Area (cention.area); null for all areas without rows of their own.';
COMMENT ON COLUMN cention.opening_hours.weekday IS 'Day of the week on which it opens: 1 Monday to 7 Sunday.';
COMMENT ON COLUMN cention.opening_hours.from_minute IS 'Opens, in minutes of the clock since 00:00 of that day in the time zone of the workspace.';
COMMENT ON COLUMN cention.opening_hours.to_minute IS 'Closes, counted in the same way; above 1,440 on the day after.';

CREATE TABLE cention.holiday (
    workspace text NOT NULL,
    position  integer NOT NULL,
    area_id   bigint,
    date      date NOT NULL,
    name      text NOT NULL,
    PRIMARY KEY (workspace, position)
);
CREATE INDEX holiday_date ON cention.holiday (workspace, date);
COMMENT ON TABLE cention.holiday IS 'Days on which no opening hours begin (cention opening-hours). Hours that began the day before go on until they end.';
COMMENT ON COLUMN cention.holiday.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.holiday.position IS 'Place in the file that was loaded, from 1; holidays of a country follow.';
COMMENT ON COLUMN cention.holiday.area_id IS 'Area (cention.area) that is closed; null for all areas.';
COMMENT ON COLUMN cention.holiday.date IS 'Day in the time zone of the workspace.';
COMMENT ON COLUMN cention.holiday.name IS 'Name of the holiday.';

-- Other hours change every figure of the workspace.
CREATE TRIGGER mark_insert AFTER INSERT ON cention.opening_hours
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('workspace');
CREATE TRIGGER mark_delete AFTER DELETE ON cention.opening_hours
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('workspace');
CREATE TRIGGER mark_insert AFTER INSERT ON cention.holiday
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('workspace');
CREATE TRIGGER mark_delete AFTER DELETE ON cention.holiday
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION intake.mark_workspaces('workspace');
COMMENT ON COLUMN intake.metrics_due.kind IS 'What changed. errand: the errand, its history, answers or surveys; survey_session: a survey without an errand; agent_logon_day: log-ons of a day in UTC; agent, area, organisation, service, tag: a name, or the login names of an agent; workspace: its time zone, opening hours or holidays; action_pattern: its patterns.';
