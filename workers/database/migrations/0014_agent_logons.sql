-- Log-ins and log-outs of agents, until when they are stored without a gap, and the agent of each login name.
CREATE TABLE cention.agent_logon (
    workspace   text NOT NULL,
    login_name  text NOT NULL,
    happened_at timestamptz NOT NULL,
    action      text NOT NULL,
    occurrence  integer NOT NULL CHECK (occurrence > 0),
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace, login_name, happened_at, action, occurrence)
);
CREATE INDEX agent_logon_happened ON cention.agent_logon (workspace, happened_at);
COMMENT ON TABLE cention.agent_logon IS 'Log-ins and log-outs of agents. Cention gives them no id: all that it tells is the key. analyst.agent_shift pairs them.';
COMMENT ON COLUMN cention.agent_logon.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.agent_logon.login_name IS 'Login name; not the display name of cention.agent, see cention.agent_login.';
COMMENT ON COLUMN cention.agent_logon.happened_at IS 'When, to the second.';
COMMENT ON COLUMN cention.agent_logon.action IS 'Login or Logout, as Cention writes it; other words are kept as they come.';
COMMENT ON COLUMN cention.agent_logon.occurrence IS 'Which of several equal events within one second, from 1.';
COMMENT ON COLUMN cention.agent_logon.fetched_at IS 'When it was first told by Cention.';

CREATE TABLE cention.agent_login (
    workspace  text NOT NULL,
    login_name text NOT NULL,
    agent_id   bigint NOT NULL,
    PRIMARY KEY (workspace, login_name)
);
COMMENT ON TABLE cention.agent_login IS 'Which agent of the reports has a login name: said by operators (cention logons map), for Cention tells it nowhere. An agent may have several.';
COMMENT ON COLUMN cention.agent_login.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.agent_login.login_name IS 'Login name, as in cention.agent_logon.';
COMMENT ON COLUMN cention.agent_login.agent_id IS 'Agent, as in cention.agent.';

CREATE TABLE intake.agent_logon_reach (
    workspace text NOT NULL,
    until_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace)
);
COMMENT ON TABLE intake.agent_logon_reach IS 'Until when log-ons of agents are here without a gap; the next renewal goes on from there.';
COMMENT ON COLUMN intake.agent_logon_reach.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.agent_logon_reach.until_at IS 'End of the last window of time that was stored; it moves on with each one.';

CREATE TABLE intake.odd_logon (
    workspace     text NOT NULL,
    row_sha256    bytea NOT NULL CHECK (length(row_sha256) = 32),
    row           jsonb NOT NULL,
    problem       text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace, row_sha256)
);
COMMENT ON TABLE intake.odd_logon IS 'Rows of the log of log-ons that are none, kept as they came until an operator has seen them (cention logons odd).';
COMMENT ON COLUMN intake.odd_logon.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.odd_logon.row_sha256 IS 'SHA-256 of the row as text.';
COMMENT ON COLUMN intake.odd_logon.row IS 'The row, less its running number: an object of JSON, or the columns of a line of CSV.';
COMMENT ON COLUMN intake.odd_logon.problem IS 'Why it is no log-on.';
COMMENT ON COLUMN intake.odd_logon.first_seen_at IS 'When it first came.';
COMMENT ON COLUMN intake.odd_logon.last_seen_at IS 'When it last came.';

-- A picture that was never renewed is late only some time after it was switched on.
ALTER TABLE intake.mirror ADD COLUMN since_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN intake.mirror.since_at IS 'When it was switched on.';
