-- name: begin_sending_card
-- Note that a card is about to be sent, for the first time or again. What Cention told of it stays.
INSERT INTO cention.contact_card AS c (workspace, sent_sha256, state, sent)
VALUES (%(workspace)s, %(sent_sha256)s, 'sending', %(sent)s)
ON CONFLICT (workspace, sent_sha256) DO UPDATE
SET state = 'sending', sends = c.sends + 1, sent_at = now(), ended_at = NULL, error = NULL;

-- name: note_card_sent
-- Note what Cention has on the card now; without an id, as it told none, the old one stays.
UPDATE cention.contact_card
SET state = 'sent', card_id = coalesce(%(card_id)s, card_id), name = coalesce(%(name)s, name),
    returned = coalesce(%(returned)s, returned), error = %(error)s, ended_at = now()
WHERE workspace = %(workspace)s AND sent_sha256 = %(sent_sha256)s;

-- name: note_card_failed
-- Note that a card was refused, or that nobody knows.
UPDATE cention.contact_card SET state = %(state)s, error = %(error)s, ended_at = now()
WHERE workspace = %(workspace)s AND sent_sha256 = %(sent_sha256)s;

-- name: cards_sent
-- Which of these cards Cention has already.
SELECT sent_sha256 FROM cention.contact_card
WHERE workspace = %(workspace)s AND sent_sha256 = ANY (%(sent_sha256)s::bytea[]) AND state = 'sent';
