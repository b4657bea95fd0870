-- What came back is kept as it came, so that channels that we do not know are there as well.
COMMENT ON COLUMN cention.contact_card.returned IS 'What Cention had on the card then, as it came: what was sent, what was there before, and channels that we do not know; an answer that made no sense is here too, see error.';
