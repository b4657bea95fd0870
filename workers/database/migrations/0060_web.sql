-- The web face: what operators did there, and sign-ins that failed.
CREATE TABLE intake.operator_action (
    action_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    person      text NOT NULL,
    kind        text NOT NULL,
    workspace   text,
    object      text,
    outcome     text NOT NULL
);
CREATE INDEX operator_action_happened ON intake.operator_action (happened_at DESC, action_id DESC);
COMMENT ON TABLE intake.operator_action IS 'What was done in the web face, written in the transaction that did it. Nothing about customers.';
COMMENT ON COLUMN intake.operator_action.action_id IS 'Running number.';
COMMENT ON COLUMN intake.operator_action.happened_at IS 'When.';
COMMENT ON COLUMN intake.operator_action.person IS 'Who: the name with which they signed in.';
COMMENT ON COLUMN intake.operator_action.kind IS 'What, such as fetch_again or release_parked.';
COMMENT ON COLUMN intake.operator_action.workspace IS 'Cention workspace; null for an action that belongs to none.';
COMMENT ON COLUMN intake.operator_action.object IS 'Of what: a family and a number, such as errand_reports 2256; null for none.';
COMMENT ON COLUMN intake.operator_action.outcome IS 'What came of it: done, or why not.';

CREATE TABLE intake.sign_in_attempt (
    attempt_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    address      text NOT NULL
);
CREATE INDEX sign_in_attempt_address ON intake.sign_in_attempt (address, attempted_at);
CREATE INDEX sign_in_attempt_attempted ON intake.sign_in_attempt (attempted_at);
COMMENT ON TABLE intake.sign_in_attempt IS 'Sign-ins to the web face that failed, or are being checked; kept for an hour. All its processes count here.';
COMMENT ON COLUMN intake.sign_in_attempt.attempt_id IS 'Running number.';
COMMENT ON COLUMN intake.sign_in_attempt.attempted_at IS 'When.';
COMMENT ON COLUMN intake.sign_in_attempt.address IS 'Address of the browser; of IPv6 the network of 64 bits.';
