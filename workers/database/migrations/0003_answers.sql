-- Answers to errands, from callbacks; attachments and their contents.
CREATE TABLE cention.answer (
    workspace    text NOT NULL,
    errand_id    bigint NOT NULL,
    answer_id    bigint NOT NULL,
    response_id  bigint NOT NULL,
    subject      text,
    body_text    text,
    body_html    text,
    service_id   bigint,
    service_name text,
    service_type bigint,
    received_at  timestamptz NOT NULL,
    remote_id    bigint,
    callback_id  bigint NOT NULL,
    PRIMARY KEY (workspace, answer_id, response_id)
);
CREATE INDEX answer_errand ON cention.answer (workspace, errand_id, received_at);
COMMENT ON TABLE cention.answer IS 'Answers that agents sent, one row a response, from Cention''s callbacks.';
COMMENT ON COLUMN cention.answer.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.answer.errand_id IS 'Errand that was answered.';
COMMENT ON COLUMN cention.answer.answer_id IS 'Cention''s id of the answer.';
COMMENT ON COLUMN cention.answer.response_id IS 'Cention''s id of the response that was sent.';
COMMENT ON COLUMN cention.answer.subject IS 'Subject of the answer.';
COMMENT ON COLUMN cention.answer.body_text IS 'Plain text.';
COMMENT ON COLUMN cention.answer.body_html IS 'HTML, untrusted; its links may vote in a satisfaction meter.';
COMMENT ON COLUMN cention.answer.service_id IS 'Cention''s row of the channel; not the service_id of errands.';
COMMENT ON COLUMN cention.answer.service_name IS 'Name of the channel.';
COMMENT ON COLUMN cention.answer.service_type IS 'Kind of channel, a number of Cention''s.';
COMMENT ON COLUMN cention.answer.received_at IS 'When the callback came.';
COMMENT ON COLUMN cention.answer.remote_id IS 'data.id of the callback that told it last.';
COMMENT ON COLUMN cention.answer.callback_id IS 'intake.callback that told it last.';

CREATE TABLE cention.answer_recipient (
    workspace    text NOT NULL,
    response_id  bigint NOT NULL,
    recipient_id bigint NOT NULL,
    address      text,
    name         text,
    callback_id  bigint NOT NULL,
    remote_id    bigint,
    PRIMARY KEY (workspace, response_id, recipient_id)
);
COMMENT ON TABLE cention.answer_recipient IS 'To whom responses were sent.';
COMMENT ON COLUMN cention.answer_recipient.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.answer_recipient.response_id IS 'Response, as in cention.answer.';
COMMENT ON COLUMN cention.answer_recipient.recipient_id IS 'Cention''s id of the recipient; negative, its place in the list, if Cention gives none.';
COMMENT ON COLUMN cention.answer_recipient.address IS 'Address; on chat and social channels no e-mail address.';
COMMENT ON COLUMN cention.answer_recipient.name IS 'Name.';
COMMENT ON COLUMN cention.answer_recipient.callback_id IS 'intake.callback that told it last.';
COMMENT ON COLUMN cention.answer_recipient.remote_id IS 'data.id of the callback that told it last.';

CREATE TABLE cention.answer_attachment (
    workspace     text NOT NULL,
    answer_id     bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('response', 'area_archive')),
    attachment_id bigint NOT NULL,
    PRIMARY KEY (workspace, answer_id, kind, attachment_id)
);
CREATE INDEX answer_attachment_attachment ON cention.answer_attachment (workspace, kind, attachment_id);
COMMENT ON TABLE cention.answer_attachment IS 'Which attachments and inline images an answer has.';
COMMENT ON COLUMN cention.answer_attachment.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.answer_attachment.answer_id IS 'Answer.';
COMMENT ON COLUMN cention.answer_attachment.kind IS 'response: a file of the answer; area_archive: an image inside its HTML.';
COMMENT ON COLUMN cention.answer_attachment.attachment_id IS 'Attachment, as in cention.attachment.';

CREATE TABLE cention.attachment (
    workspace     text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('response', 'area_archive', 'library')),
    attachment_id bigint NOT NULL,
    name          text,
    content_type  text,
    content_cid   text,
    size_bytes    bigint,
    sha256        bytea CHECK (length(sha256) = 32),
    state         text NOT NULL CHECK (state IN ('wanted', 'stored', 'gone', 'refused')),
    reason        text,
    fetched_at    timestamptz,
    PRIMARY KEY (workspace, kind, attachment_id)
);
CREATE INDEX attachment_sha256 ON cention.attachment (sha256);
COMMENT ON TABLE cention.attachment IS 'Attachments and inline images; contents in cention.blob.';
COMMENT ON COLUMN cention.attachment.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.attachment.kind IS 'response, area_archive (inline image) or library.';
COMMENT ON COLUMN cention.attachment.attachment_id IS 'Cention''s id within the kind.';
COMMENT ON COLUMN cention.attachment.name IS 'File name the sender gave it: data, not a path.';
COMMENT ON COLUMN cention.attachment.content_type IS 'Media type the sender gave it, unchecked.';
COMMENT ON COLUMN cention.attachment.content_cid IS 'Content id by which HTML refers to it; null for none.';
COMMENT ON COLUMN cention.attachment.size_bytes IS 'Size of the content, bytes.';
COMMENT ON COLUMN cention.attachment.sha256 IS 'SHA-256 of the content: its key in cention.blob.';
COMMENT ON COLUMN cention.attachment.state IS 'wanted: not fetched yet; stored; gone: Cention has it no more; refused: see reason.';
COMMENT ON COLUMN cention.attachment.reason IS 'Why it is gone or refused.';
COMMENT ON COLUMN cention.attachment.fetched_at IS 'When it was last asked for.';

CREATE TABLE cention.blob (
    sha256  bytea PRIMARY KEY CHECK (length(sha256) = 32),
    content bytea NOT NULL
);
ALTER TABLE cention.blob ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE cention.blob IS 'Contents of attachments, one copy a content.';
COMMENT ON COLUMN cention.blob.sha256 IS 'SHA-256 of the content.';
COMMENT ON COLUMN cention.blob.content IS 'The bytes, as decoded.';
