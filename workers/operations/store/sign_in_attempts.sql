-- name: begin
-- Count an attempt of an address, and delete those that no longer count.
WITH old AS (DELETE FROM intake.sign_in_attempt WHERE attempted_at < now() - interval '1 hour')
INSERT INTO intake.sign_in_attempt (address) VALUES (%(address)s) RETURNING attempt_id;

-- name: recent
-- How many attempts of an address there were in the last minute. Each was committed before it was counted, so of
-- any number at the same moment no more are allowed than of the same number one after the other.
SELECT count(*) FROM intake.sign_in_attempt
WHERE address = %(address)s AND attempted_at > clock_timestamp() - interval '1 minute';

-- name: forget
-- An attempt does not count: it succeeded, or was refused unchecked.
DELETE FROM intake.sign_in_attempt WHERE attempt_id = %(attempt_id)s;
