-- name: errands_of
-- Errands of this writer; and of errands without a known writer, those whose answers went to this address
-- only.
SELECT workspace, errand_id FROM cention.errand WHERE lower(from_address) = ANY (%(spellings)s::text[])
UNION
SELECT workspace, errand_id FROM cention.sent_errand
WHERE lower(from_address) = ANY (%(spellings)s::text[]) AND errand_id IS NOT NULL
UNION
SELECT workspace, errand_id FROM feedback.invitation WHERE lower(contact) = ANY (%(spellings)s::text[])
UNION
SELECT a.workspace, a.errand_id
FROM cention.answer_recipient AS r
JOIN cention.answer AS a ON (a.workspace, a.response_id) = (r.workspace, r.response_id)
LEFT JOIN cention.errand AS e ON (e.workspace, e.errand_id) = (a.workspace, a.errand_id)
WHERE lower(r.address) = ANY (%(spellings)s::text[]) AND e.from_address IS NULL
  AND NOT EXISTS (
      SELECT FROM cention.answer_recipient AS other
      WHERE (other.workspace, other.response_id) = (r.workspace, r.response_id)
        AND lower(other.address) <> ALL (%(spellings)s::text[])
  )
UNION
SELECT workspace, errand_id FROM cention.exported_errand
WHERE errand_id IS NOT NULL
  AND (lower(from_address) = ANY (%(spellings)s::text[])
       OR EXISTS (
           SELECT FROM unnest(%(spellings)s::text[]) AS a (spelling)
           WHERE strpos(lower(from_address), '<' || spelling || '>') > 0
              OR strpos(lower(from_address), '(' || spelling || ')') > 0
       ));

-- name: ratings_of
-- Facebook ratings by reviewers of these ids or exact names.
SELECT workspace, rating_id FROM cention.facebook_rating
WHERE reviewer_id::text = ANY (%(reviewers)s::text[]) OR reviewer_name = ANY (%(reviewers)s::text[])
UNION
SELECT workspace, remote_id FROM intake.landed
WHERE family = 'facebook_ratings' AND problem IS NOT NULL
  AND (document #>> '{data,attributes,data,reviewerId}' = ANY (%(reviewers)s::text[])
       OR document #>> '{data,attributes,data,reviewerName}' = ANY (%(reviewers)s::text[]));

-- name: names_of
-- Names stored next to this address.
SELECT from_name FROM cention.errand WHERE lower(from_address) = ANY (%(spellings)s::text[]) AND from_name IS NOT NULL
UNION
SELECT name FROM cention.answer_recipient WHERE lower(address) = ANY (%(spellings)s::text[]) AND name IS NOT NULL
UNION
SELECT from_name FROM cention.sent_errand WHERE lower(from_address) = ANY (%(spellings)s::text[]) AND from_name IS NOT NULL
UNION
SELECT contact_name FROM feedback.invitation WHERE lower(contact) = ANY (%(spellings)s::text[]) AND contact_name IS NOT NULL
UNION
SELECT card.name
FROM cention.contact_card AS c
CROSS JOIN LATERAL (VALUES (c.name), (c.sent ->> 'name'), (c.returned ->> 'name')) AS card (name)
WHERE card.name IS NOT NULL AND EXISTS (
    SELECT FROM jsonb_path_query(
        jsonb_build_array(c.sent, c.returned),
        '$[*] ? (@.type() == "object").keyvalue() ? (@.key != "custom").value.**'
    ) AS contact (value)
    WHERE lower(contact.value #>> '{}') = ANY (%(spellings)s::text[])
);

-- name: redact_sent_errands
-- Redact sent errands of this address, whatever their outcome, and those that became erased errands. One
-- row for each that was not redacted before.
UPDATE cention.sent_errand AS s
SET message_id = NULL, content_sha256 = NULL, origin = NULL, from_address = NULL, from_name = NULL,
    subject = NULL, problem = NULL
WHERE (lower(from_address) = ANY (%(spellings)s::text[]) OR (workspace, errand_id) IN (
    SELECT workspace, remote_id FROM intake.erased WHERE family = 'errand_reports'
))
  AND (num_nonnulls(message_id, origin, from_address, from_name, subject, problem) > 0
       OR content_sha256 IS NOT NULL)
RETURNING sent_id;

-- name: writers_of
-- The writers of these errands that are known, and as whom surveys know them.
SELECT e.workspace, e.errand_id, e.from_address AS writer, i.contact
FROM cention.errand AS e
LEFT JOIN feedback.invitation AS i ON (i.workspace, i.errand_id) = (e.workspace, e.errand_id)
WHERE (e.workspace, e.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND e.from_address IS NOT NULL;

-- name: record_erased
-- Record records as erased. One row for each that is recorded now, whether or not it was before.
INSERT INTO intake.erased AS known (workspace, family, remote_id)
SELECT new.workspace, %(family)s, new.remote_id
FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]) AS new (workspace, remote_id)
ORDER BY 1, 2, 3
ON CONFLICT (workspace, family, remote_id) DO UPDATE SET erased_at = known.erased_at
RETURNING workspace, remote_id;

-- name: pending_errands
-- Erased errands with data that is not redacted yet, the next by number.
SELECT x.workspace, x.remote_id
FROM intake.erased AS x
LEFT JOIN intake.landed AS l ON (l.workspace, l.family, l.remote_id) = (x.workspace, x.family, x.remote_id)
WHERE x.family = 'errand_reports' AND (x.workspace, x.remote_id) > (%(workspace)s, %(after)s)
  AND (
      l.fetched_at IS DISTINCT FROM x.blanked_at
      OR EXISTS (
          SELECT FROM cention.errand AS e
          WHERE (e.workspace, e.errand_id) = (x.workspace, x.remote_id)
            AND num_nonnulls(e.from_address, e.from_name, e.to_text, e.subject, e.body_html, e.feedback_link,
                             e.answer_subject, e.answer_body, e.secure_user_id) > 0
      )
      OR EXISTS (
          SELECT FROM cention.exported_errand AS t
          WHERE (t.workspace, t.errand_id) = (x.workspace, x.remote_id)
            AND num_nonnulls(t.from_address, t.to_address, t.subject, t.question, t.answer, t.errand_notes,
                             t.document) > 0
      )
      OR EXISTS (
          SELECT FROM feedback.invitation AS i
          WHERE (i.workspace, i.errand_id) = (x.workspace, x.remote_id)
            AND num_nonnulls(i.contact, i.contact_name) > 0
      )
      OR EXISTS (
          SELECT FROM feedback.session AS s
          LEFT JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
          WHERE (s.workspace, s.errand_id) = (x.workspace, x.remote_id)
            AND (s.context IS NOT NULL OR a.comment IS NOT NULL)
      )
      OR EXISTS (
          SELECT FROM cention.answer AS a
          LEFT JOIN cention.answer_recipient AS r ON (r.workspace, r.response_id) = (a.workspace, a.response_id)
          LEFT JOIN cention.answer_attachment AS f ON (f.workspace, f.answer_id) = (a.workspace, a.answer_id)
          LEFT JOIN cention.attachment AS c
              ON (c.workspace, c.kind, c.attachment_id) = (f.workspace, f.kind, f.attachment_id)
          WHERE (a.workspace, a.errand_id) = (x.workspace, x.remote_id)
            AND (num_nonnulls(a.subject, a.body_text, a.body_html, r.address, r.name) > 0
                 OR (c.state <> 'removed' AND NOT EXISTS (
                     SELECT FROM cention.library_question_attachment AS q
                     WHERE (q.workspace, q.kind, q.attachment_id) = (f.workspace, f.kind, f.attachment_id)
                       AND q.gone_at IS NULL
                 ) AND NOT EXISTS (
                     SELECT FROM cention.answer_attachment AS shared
                     JOIN cention.answer AS other
                         ON (other.workspace, other.answer_id) = (shared.workspace, shared.answer_id)
                     WHERE (shared.workspace, shared.kind, shared.attachment_id)
                           = (f.workspace, f.kind, f.attachment_id)
                       AND NOT EXISTS (
                           SELECT FROM intake.erased AS also
                           WHERE (also.workspace, also.family, also.remote_id)
                                 = (other.workspace, 'errand_reports', other.errand_id)
                       )
                 )))
      )
  )
ORDER BY x.workspace, x.remote_id
LIMIT %(limit)s;

-- name: pending_ratings
-- Erased Facebook ratings with data that is not redacted yet.
SELECT x.workspace, x.remote_id
FROM intake.erased AS x
LEFT JOIN intake.landed AS l ON (l.workspace, l.family, l.remote_id) = (x.workspace, x.family, x.remote_id)
LEFT JOIN cention.facebook_rating AS r ON (r.workspace, r.rating_id) = (x.workspace, x.remote_id)
WHERE x.family = 'facebook_ratings' AND (x.workspace, x.remote_id) > (%(workspace)s, %(after)s)
  AND (l.fetched_at IS DISTINCT FROM x.blanked_at
       OR num_nonnulls(r.message, r.reviewer_id, r.reviewer_name) > 0)
ORDER BY x.workspace, x.remote_id
LIMIT %(limit)s;

-- name: landed_of
-- The landed documents of these records, locked in the order in which drains lock them.
SELECT workspace, family, remote_id, document, fetched_at, problem
FROM intake.landed
WHERE family = %(family)s
  AND (workspace, remote_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
ORDER BY workspace, remote_id
FOR UPDATE;

-- name: write_landed
-- Replace one landed document.
UPDATE intake.landed SET document = %(document)s, problem = %(problem)s
WHERE (workspace, family, remote_id) = (%(workspace)s, %(family)s, %(remote_id)s);

-- name: record_redacted
-- Record which documents of erased records have been redacted.
UPDATE intake.erased AS x
SET blanked_at = (
    SELECT fetched_at FROM intake.landed AS l
    WHERE (l.workspace, l.family, l.remote_id) = (x.workspace, x.family, x.remote_id)
)
WHERE family = %(family)s
  AND (workspace, remote_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]));

-- name: people_of_errands
-- Addresses and names of the writers of these errands, and of the addressees of their answers.
SELECT workspace, errand_id, from_address AS address, from_name AS name FROM cention.errand
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
UNION
SELECT a.workspace, a.errand_id, r.address, r.name
FROM cention.answer AS a
JOIN cention.answer_recipient AS r ON (r.workspace, r.response_id) = (a.workspace, a.response_id)
WHERE (a.workspace, a.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]));

-- name: history_of_errands
-- The texts in the history of these errands.
SELECT workspace, errand_id, action_id, note, origin FROM cention.errand_action
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]));

-- name: redact_history
-- Replace texts of the history.
UPDATE cention.errand_action AS a SET note = new.note, origin = new.origin
FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[], %(notes)s::text[], %(origins)s::text[])
    AS new (workspace, action_id, note, origin)
WHERE (a.workspace, a.action_id) = (new.workspace, new.action_id);

-- name: redact_errands
-- Redact the personal data of these errands. One row for each that was not redacted before.
UPDATE cention.errand
SET from_address = NULL, from_name = NULL, to_text = NULL, subject = NULL, body_html = NULL,
    feedback_answer = CASE WHEN feedback_answer IS NOT NULL THEN '[erased]' END,
    feedback_link = NULL, answer_subject = NULL, answer_body = NULL, secure_user_id = NULL
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND (num_nonnulls(from_address, from_name, to_text, subject, body_html, feedback_link, answer_subject,
                    answer_body, secure_user_id) > 0
       OR feedback_answer <> '[erased]')
RETURNING errand_id;

-- name: remove_errand_recipients
-- Delete the addressees of these errands. One row for each.
DELETE FROM cention.errand_recipient
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
RETURNING errand_id;

-- name: redact_answers
-- Redact the texts of the answers to these errands. One row for each that was not redacted before.
UPDATE cention.answer SET subject = NULL, body_text = NULL, body_html = NULL
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND num_nonnulls(subject, body_text, body_html) > 0
RETURNING answer_id;

-- name: redact_answer_recipients
-- Redact the addressees of the answers to these errands. One row for each that was not redacted before.
UPDATE cention.answer_recipient AS r SET address = NULL, name = NULL
FROM cention.answer AS a
WHERE (a.workspace, a.response_id) = (r.workspace, r.response_id)
  AND (a.workspace, a.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND num_nonnulls(r.address, r.name) > 0
RETURNING r.recipient_id;

-- name: callbacks_of_errands
-- The last callbacks about the answers to these errands, locked.
SELECT callback_id, document, problem FROM intake.callback
WHERE callback_id IN (
    SELECT a.callback_id FROM cention.answer AS a
    WHERE (a.workspace, a.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
)
ORDER BY callback_id
FOR UPDATE;

-- name: write_callback
-- Replace the document of one callback.
UPDATE intake.callback SET document = %(document)s, problem = %(problem)s WHERE callback_id = %(callback_id)s;

-- name: attachments_of_errands
-- Attachments of the answers to these errands, except those of other errands' answers or of the library,
-- and those that were removed.
SELECT DISTINCT c.workspace, c.kind, c.attachment_id, c.sha256
FROM cention.answer AS a
JOIN cention.answer_attachment AS f ON (f.workspace, f.answer_id) = (a.workspace, a.answer_id)
JOIN cention.attachment AS c ON (c.workspace, c.kind, c.attachment_id) = (f.workspace, f.kind, f.attachment_id)
WHERE (a.workspace, a.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND NOT EXISTS (
      SELECT FROM cention.answer_attachment AS shared
      JOIN cention.answer AS other ON (other.workspace, other.answer_id) = (shared.workspace, shared.answer_id)
      WHERE (shared.workspace, shared.kind, shared.attachment_id) = (f.workspace, f.kind, f.attachment_id)
        AND NOT EXISTS (
            SELECT FROM intake.erased AS also
            WHERE (also.workspace, also.family, also.remote_id)
                  = (other.workspace, 'errand_reports', other.errand_id)
        )
  )
  AND NOT EXISTS (
      SELECT FROM cention.library_question_attachment AS q
      WHERE (q.workspace, q.kind, q.attachment_id) = (c.workspace, c.kind, c.attachment_id)
        AND q.gone_at IS NULL
  )
  AND c.state <> 'removed';

-- name: stop_wanting
-- Take records off the wanted list. One row for each.
DELETE FROM intake.wanted
WHERE family = %(family)s
  AND (workspace, remote_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
RETURNING remote_id;

-- name: redact_ratings
-- Redact the reviewers and messages of these ratings. One row for each that was not redacted before.
UPDATE cention.facebook_rating SET message = NULL, reviewer_id = NULL, reviewer_name = NULL
WHERE (workspace, rating_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND num_nonnulls(message, reviewer_id, reviewer_name) > 0
RETURNING rating_id;

-- name: redact_exported_errands
-- Redact these errands as exported. One row for each that was not redacted before.
UPDATE cention.exported_errand
SET from_address = NULL, to_address = NULL, subject = NULL, question = NULL, answer = NULL,
    errand_notes = NULL, document = NULL
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND num_nonnulls(from_address, to_address, subject, question, answer, errand_notes, document) > 0
RETURNING errand_id;

-- name: redact_exported_by
-- Redact exported errands of this writer, also those without an errand's id. One row for each.
UPDATE cention.exported_errand
SET from_address = NULL, to_address = NULL, subject = NULL, question = NULL, answer = NULL,
    errand_notes = NULL, document = NULL
WHERE lower(from_address) = ANY (%(spellings)s::text[])
   OR EXISTS (
       SELECT FROM unnest(%(spellings)s::text[]) AS a (spelling)
       WHERE strpos(lower(from_address), '<' || spelling || '>') > 0
          OR strpos(lower(from_address), '(' || spelling || ')') > 0
   )
RETURNING position;

-- name: remove_contact_cards
-- Delete contact cards with this address, as sent or as returned. One row for each.
DELETE FROM cention.contact_card AS c
WHERE EXISTS (
    SELECT FROM jsonb_path_query(
        jsonb_build_array(c.sent, c.returned),
        '$[*] ? (@.type() == "object").keyvalue() ? (@.key != "custom").value.**'
    ) AS contact (value)
    WHERE lower(contact.value #>> '{}') = ANY (%(spellings)s::text[])
)
RETURNING workspace;

-- name: redact_invitations
-- Redact the contacts of invitations about these errands, and withdraw those that are due: there is nobody
-- to send them to. One row for each that was not redacted before.
UPDATE feedback.invitation
SET contact = NULL, contact_name = NULL,
    state = CASE WHEN state = 'due' THEN 'withdrawn' ELSE state END,
    settled_at = CASE WHEN state = 'due' THEN now() ELSE settled_at END,
    problem = CASE WHEN state = 'due' THEN 'the person was erased' ELSE problem END
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND num_nonnulls(contact, contact_name) > 0
RETURNING errand_id;

-- name: redact_survey_sessions
-- Redact what vendors reported of conversations about these errands. One row for each that was not redacted
-- before.
UPDATE feedback.session SET context = NULL
WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND context IS NOT NULL
RETURNING session_id;

-- name: redact_survey_answers
-- Redact the comments in surveys about these errands. One row for each that was not redacted before.
UPDATE feedback.answer AS a SET comment = NULL
FROM feedback.session AS s
WHERE (s.workspace, s.session_id) = (a.workspace, a.session_id)
  AND (s.workspace, s.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND a.comment IS NOT NULL
RETURNING a.session_id;

-- name: redact_survey_alerts
-- Redact the subjects of alerts about these errands: they may quote a comment. One row for each that was
-- not redacted before.
UPDATE cention.sent_errand AS e SET subject = NULL, content_sha256 = NULL
FROM feedback.alert AS x
JOIN feedback.session AS s ON (s.workspace, s.session_id) = (x.workspace, x.session_id)
WHERE (e.workspace, e.sent_id) = (x.workspace, x.sent_id)
  AND (s.workspace, s.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
  AND (e.subject IS NOT NULL OR e.content_sha256 IS NOT NULL)
RETURNING e.sent_id;

-- name: redact_opt_outs_of_errands
-- Redact the contacts of objections by persons who were invited about these errands; the objections stand.
-- One row for each that was not redacted before.
UPDATE feedback.opt_out SET contact = NULL
WHERE contact IS NOT NULL AND (workspace, person_sha256) IN (
    SELECT i.workspace, i.person_sha256 FROM feedback.invitation AS i
    WHERE (i.workspace, i.errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
)
RETURNING since;

-- name: redact_opt_outs_of
-- Redact the contact of objections by this address; the objections stand. One row for each.
UPDATE feedback.opt_out SET contact = NULL WHERE lower(contact) = ANY (%(spellings)s::text[])
RETURNING since;

-- name: erased_days
-- How many records of each family were first erased on a day in a time zone, the newest days first.
SELECT (erased_at AT TIME ZONE %(timezone)s)::date AS day, workspace, family, count(*) AS records
FROM intake.erased
GROUP BY day, workspace, family
ORDER BY day DESC, workspace, family
LIMIT %(limit)s;
