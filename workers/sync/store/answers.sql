-- name: save_answers
-- Write answers; an earlier callback never replaces what a later one said about the same answer.
INSERT INTO cention.answer AS old (
    workspace, errand_id, answer_id, response_id, subject, body_text, body_html,
    service_id, service_name, service_type, received_at, remote_id, callback_id
)
SELECT DISTINCT ON (answer_id, response_id)
    %(workspace)s, errand_id, answer_id, response_id, subject, body_text, body_html,
    service_id, service_name, service_type, received_at, remote_id, callback_id
FROM jsonb_to_recordset(%(answers)s::jsonb)
         AS t (callback_id bigint, remote_id bigint, received_at timestamptz, errand_id bigint, answer jsonb),
     jsonb_to_record(t.answer) AS a (
         answer_id bigint, response_id bigint, subject text, body_text text, body_html text,
         service_id bigint, service_name text, service_type bigint
     )
ORDER BY answer_id, response_id, remote_id DESC NULLS LAST, callback_id DESC
ON CONFLICT (workspace, answer_id, response_id) DO UPDATE SET
    errand_id = EXCLUDED.errand_id, subject = EXCLUDED.subject, body_text = EXCLUDED.body_text,
    body_html = EXCLUDED.body_html, service_id = EXCLUDED.service_id,
    service_name = EXCLUDED.service_name, service_type = EXCLUDED.service_type,
    received_at = EXCLUDED.received_at, remote_id = EXCLUDED.remote_id, callback_id = EXCLUDED.callback_id
WHERE (coalesce(old.remote_id, -1), old.callback_id)
      <= (coalesce(EXCLUDED.remote_id, -1), EXCLUDED.callback_id);

-- name: save_answer_recipients
-- Write recipients of responses, by the same rule. A recipient without an id from Cention gets a
-- negative one: its position in the list.
INSERT INTO cention.answer_recipient AS old (
    workspace, response_id, recipient_id, address, name, remote_id, callback_id
)
SELECT DISTINCT ON (response_id, recipient_id)
    %(workspace)s, response_id, recipient_id, address, name, remote_id, callback_id
FROM jsonb_to_recordset(%(answers)s::jsonb) AS t (callback_id bigint, remote_id bigint, answer jsonb),
     jsonb_to_record(t.answer) AS a (response_id bigint, recipients jsonb),
     jsonb_array_elements(a.recipients) WITH ORDINALITY AS l (recipient, position),
     jsonb_to_record(l.recipient) AS r (address text, name text),
     LATERAL (SELECT coalesce((l.recipient ->> 'recipient_id')::bigint, -l.position)) AS k (recipient_id)
ORDER BY response_id, recipient_id, remote_id DESC NULLS LAST, callback_id DESC, position DESC
ON CONFLICT (workspace, response_id, recipient_id) DO UPDATE SET
    address = EXCLUDED.address, name = EXCLUDED.name, remote_id = EXCLUDED.remote_id,
    callback_id = EXCLUDED.callback_id
WHERE (coalesce(old.remote_id, -1), old.callback_id)
      <= (coalesce(EXCLUDED.remote_id, -1), EXCLUDED.callback_id);

-- name: save_answer_attachments
-- Link answers to attachments and inline images.
INSERT INTO cention.answer_attachment (workspace, answer_id, kind, attachment_id)
SELECT DISTINCT %(workspace)s, answer_id, kind, attachment_id
FROM jsonb_to_recordset(%(answers)s::jsonb) AS t (answer jsonb, attachments jsonb),
     jsonb_to_record(t.answer) AS a (answer_id bigint),
     jsonb_to_recordset(t.attachments) AS x (kind text, attachment_id bigint)
ORDER BY answer_id, kind, attachment_id
ON CONFLICT (workspace, answer_id, kind, attachment_id) DO NOTHING;
