-- name: begin_sending_card
-- Record a card before it is sent, for the first time or again. What Cention returned before stays.
INSERT INTO cention.contact_card AS c (workspace, sent_sha256, state, sent)
VALUES (%(workspace)s, %(sent_sha256)s, 'sending', %(sent)s)
ON CONFLICT (workspace, sent_sha256) DO UPDATE
SET state = 'sending', sends = c.sends + 1, sent_at = now(), ended_at = NULL, error = NULL;

-- name: record_card_sent
-- Record what Cention returned; without an id, the old one stays.
UPDATE cention.contact_card
SET state = 'sent', card_id = coalesce(%(card_id)s, card_id), name = coalesce(%(name)s, name),
    returned = coalesce(%(returned)s, returned), error = %(error)s, ended_at = now()
WHERE workspace = %(workspace)s AND sent_sha256 = %(sent_sha256)s;

-- name: record_card_failed
-- Record that a card was refused, or that its outcome is unknown.
UPDATE cention.contact_card SET state = %(state)s, error = %(error)s, ended_at = now()
WHERE workspace = %(workspace)s AND sent_sha256 = %(sent_sha256)s;

-- name: cards_sent
-- Those of these cards that Cention has already.
SELECT sent_sha256 FROM cention.contact_card
WHERE workspace = %(workspace)s AND sent_sha256 = ANY (%(sent_sha256)s::bytea[]) AND state = 'sent';
