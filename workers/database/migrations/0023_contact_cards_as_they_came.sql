-- The answer is stored unchanged, so that it includes channels that the bridge does not know.
COMMENT ON COLUMN cention.contact_card.returned IS 'What Cention had on the card then, as it came: what was sent, what was there before, and channels that we do not know; an answer that made no sense is here too, see error.';
