-- name: record_canary_sent
-- Record that a canary was sent.
INSERT INTO intake.canary (queue, asked_at) VALUES (%(queue)s, now())
ON CONFLICT (queue) DO UPDATE SET asked_at = EXCLUDED.asked_at;

-- name: record_canary_answer
-- Record that a worker has answered.
INSERT INTO intake.canary (queue, asked_at, answered_at) VALUES (%(queue)s, now(), now())
ON CONFLICT (queue) DO UPDATE SET answered_at = EXCLUDED.answered_at;
