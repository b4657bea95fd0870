-- Requests to Cention that must not be repeated: errands created and closed, calls ended.
CREATE SEQUENCE cention.sent_id;

CREATE TABLE cention.sent_errand (
    workspace        text NOT NULL,
    sent_id          bigint NOT NULL DEFAULT nextval('cention.sent_id'),
    message_sha256   bytea NOT NULL CHECK (length(message_sha256) = 32),
    state            text NOT NULL CHECK (state IN ('sending', 'created', 'refused', 'unknown')),
    errand_id        bigint,
    answered         boolean NOT NULL,
    message_id       text,
    content_sha256   bytea CHECK (length(content_sha256) = 32),
    origin           text,
    from_address     text,
    from_name        text,
    subject          text,
    attachment_count integer NOT NULL,
    attachment_bytes bigint NOT NULL,
    sent_by          uuid NOT NULL,
    tries            integer NOT NULL DEFAULT 1,
    sent_at          timestamptz NOT NULL DEFAULT now(),
    settled_at       timestamptz,
    problem          text,
    PRIMARY KEY (workspace, sent_id),
    UNIQUE (workspace, message_sha256)
);
CREATE INDEX sent_errand_errand ON cention.sent_errand (workspace, errand_id);
CREATE INDEX sent_errand_unsettled ON cention.sent_errand (workspace, sent_id) WHERE state IN ('sending', 'unknown');
CREATE INDEX sent_errand_writer ON cention.sent_errand (lower(from_address));
COMMENT ON TABLE cention.sent_errand IS 'Errands that we asked Cention to create, written before each was asked for.';
COMMENT ON COLUMN cention.sent_errand.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.sent_errand.sent_id IS 'Number of what was asked for; one sequence with sent_closing and sent_call_end.';
COMMENT ON COLUMN cention.sent_errand.message_sha256 IS 'SHA-256 of the message id: no message is sent twice.';
COMMENT ON COLUMN cention.sent_errand.state IS 'sending: asked, and not answered yet; created; refused: surely not created, may be sent again; unknown: may exist, an operator finds out (cention errands unknown).';
COMMENT ON COLUMN cention.sent_errand.errand_id IS 'Errand that came of it; null until created, or if Cention did not tell.';
COMMENT ON COLUMN cention.sent_errand.answered IS 'Sent with an answer: created closed, or as a WhatsApp template.';
COMMENT ON COLUMN cention.sent_errand.message_id IS 'Message id as sent; null once its writer was erased.';
COMMENT ON COLUMN cention.sent_errand.content_sha256 IS 'SHA-256 of all that was sent but the message id; null once its writer was erased.';
COMMENT ON COLUMN cention.sent_errand.origin IS 'Where it came from: a command, or a file and the place in it.';
COMMENT ON COLUMN cention.sent_errand.from_address IS 'Writer''s address, on the channel of the token.';
COMMENT ON COLUMN cention.sent_errand.from_name IS 'Writer''s name.';
COMMENT ON COLUMN cention.sent_errand.subject IS 'Subject.';
COMMENT ON COLUMN cention.sent_errand.attachment_count IS 'Number of files sent with it, images within HTML included.';
COMMENT ON COLUMN cention.sent_errand.attachment_bytes IS 'Their size before base64, bytes.';
COMMENT ON COLUMN cention.sent_errand.sent_by IS 'Run of a command that asked last; holds an advisory lock of this name while it lives.';
COMMENT ON COLUMN cention.sent_errand.tries IS 'How often it was asked for.';
COMMENT ON COLUMN cention.sent_errand.sent_at IS 'When it was asked for last.';
COMMENT ON COLUMN cention.sent_errand.settled_at IS 'When the answer came, or an operator found out; null while unsettled.';
COMMENT ON COLUMN cention.sent_errand.problem IS 'Why it was refused, or why the outcome is unknown.';

CREATE TABLE cention.sent_closing (
    workspace  text NOT NULL,
    sent_id    bigint NOT NULL DEFAULT nextval('cention.sent_id'),
    state      text NOT NULL CHECK (state IN ('sending', 'done', 'refused', 'unknown')),
    errand_id  bigint NOT NULL,
    user_type  text,
    user_id    text,
    sent_by    uuid NOT NULL,
    sent_at    timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    problem    text,
    PRIMARY KEY (workspace, sent_id)
);
CREATE INDEX sent_closing_errand ON cention.sent_closing (workspace, errand_id, sent_id);
CREATE INDEX sent_closing_unsettled ON cention.sent_closing (workspace, sent_id) WHERE state IN ('sending', 'unknown');
COMMENT ON TABLE cention.sent_closing IS 'Errands that we asked Cention to close, written before each was asked for.';
COMMENT ON COLUMN cention.sent_closing.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.sent_closing.sent_id IS 'Number of what was asked for; one sequence with sent_errand and sent_call_end.';
COMMENT ON COLUMN cention.sent_closing.state IS 'sending: asked, and not answered yet; done; refused: surely not done; unknown: an operator finds out (cention errands unknown).';
COMMENT ON COLUMN cention.sent_closing.errand_id IS 'Errand to be closed.';
COMMENT ON COLUMN cention.sent_closing.user_type IS 'Whose user closed it: cention, solidus or clearinteract; null: the system.';
COMMENT ON COLUMN cention.sent_closing.user_id IS 'User that closed it, an id of that system; null: the system.';
COMMENT ON COLUMN cention.sent_closing.sent_by IS 'Run of a command that asked; holds an advisory lock of this name while it lives.';
COMMENT ON COLUMN cention.sent_closing.sent_at IS 'When it was asked for.';
COMMENT ON COLUMN cention.sent_closing.settled_at IS 'When the answer came, or an operator found out; null while unsettled.';
COMMENT ON COLUMN cention.sent_closing.problem IS 'Why it was refused, or why the outcome is unknown.';

CREATE TABLE cention.sent_call_end (
    workspace        text NOT NULL,
    sent_id          bigint NOT NULL DEFAULT nextval('cention.sent_id'),
    state            text NOT NULL CHECK (state IN ('sending', 'done', 'refused', 'unknown')),
    integration_name text NOT NULL,
    device_id        bigint NOT NULL,
    extension_id     bigint NOT NULL,
    dialed_number    text,
    sent_by          uuid NOT NULL,
    sent_at          timestamptz NOT NULL DEFAULT now(),
    settled_at       timestamptz,
    problem          text,
    PRIMARY KEY (workspace, sent_id)
);
CREATE INDEX sent_call_end_unsettled ON cention.sent_call_end (workspace, sent_id) WHERE state IN ('sending', 'unknown');
COMMENT ON TABLE cention.sent_call_end IS 'Outbound calls of which we told Cention that they are over, written before each was told.';
COMMENT ON COLUMN cention.sent_call_end.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.sent_call_end.sent_id IS 'Number of what was asked for; one sequence with sent_errand and sent_closing.';
COMMENT ON COLUMN cention.sent_call_end.state IS 'sending: told, and not answered yet; done; refused: surely not done; unknown: an operator finds out (cention errands unknown).';
COMMENT ON COLUMN cention.sent_call_end.integration_name IS 'Voice system of the call.';
COMMENT ON COLUMN cention.sent_call_end.device_id IS 'Device of the agent, a number of the voice system''s.';
COMMENT ON COLUMN cention.sent_call_end.extension_id IS 'Extension of the agent, a number of the voice system''s.';
COMMENT ON COLUMN cention.sent_call_end.dialed_number IS 'Telephone number that was called.';
COMMENT ON COLUMN cention.sent_call_end.sent_by IS 'Run of a command that told; holds an advisory lock of this name while it lives.';
COMMENT ON COLUMN cention.sent_call_end.sent_at IS 'When it was told.';
COMMENT ON COLUMN cention.sent_call_end.settled_at IS 'When the answer came, or an operator found out; null while unsettled.';
COMMENT ON COLUMN cention.sent_call_end.problem IS 'Why it was refused, or why the outcome is unknown.';
