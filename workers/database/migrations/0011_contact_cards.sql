-- Contact cards that the bridge sent to Cention, and the answers.
CREATE TABLE cention.contact_card (
    workspace   text NOT NULL,
    sent_sha256 bytea NOT NULL CHECK (length(sent_sha256) = 32),
    state       text NOT NULL CHECK (state IN ('sending', 'sent', 'refused', 'unknown')),
    card_id     bigint,
    name        text,
    sent        jsonb NOT NULL,
    returned    jsonb,
    error       text,
    sends       integer NOT NULL DEFAULT 1,
    sent_at     timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    PRIMARY KEY (workspace, sent_sha256)
);
CREATE INDEX contact_card_id ON cention.contact_card (workspace, card_id);
COMMENT ON TABLE cention.contact_card IS 'Contact cards that we sent to Cention, each different one once. Cention appends what is sent to a card it finds, so several of these may be one card there.';
COMMENT ON COLUMN cention.contact_card.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.contact_card.sent_sha256 IS 'SHA-256 of what was sent, in canonical form: the same card sent again is this row.';
COMMENT ON COLUMN cention.contact_card.state IS 'sending: on its way, or its sender died; sent: Cention has it; refused: Cention has it not, see error; unknown: no answer came. Whatever is not sent is sent again by the next import.';
COMMENT ON COLUMN cention.contact_card.card_id IS 'Cention''s id of the card; null until it is told.';
COMMENT ON COLUMN cention.contact_card.name IS 'Name on the card as Cention has it.';
COMMENT ON COLUMN cention.contact_card.sent IS 'What was sent: name, and lists of addresses by channel (email, facebook, vk, line, voice), custom fields.';
COMMENT ON COLUMN cention.contact_card.returned IS 'What Cention had on the card then, in the same form: what was sent, and what was there before.';
COMMENT ON COLUMN cention.contact_card.error IS 'Why it was refused, or what is unknown or odd about it.';
COMMENT ON COLUMN cention.contact_card.sends IS 'How often it was sent.';
COMMENT ON COLUMN cention.contact_card.sent_at IS 'When it was last sent.';
COMMENT ON COLUMN cention.contact_card.ended_at IS 'When that ended; null while it is on its way.';
