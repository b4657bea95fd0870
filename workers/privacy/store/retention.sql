-- name: database_time
-- The time by the database's clock.
SELECT now();

-- name: done_within
-- True if retention was applied to the end in the last seconds; a time in the future does not count.
SELECT EXISTS (
    SELECT FROM intake.task_done
    WHERE task = 'retain' AND done_at > now() - make_interval(secs => %(seconds)s) AND done_at <= clock_timestamp()
);

-- name: record_done
-- Record that retention was applied to the end.
INSERT INTO intake.task_done (task, done_at) VALUES ('retain', clock_timestamp())
ON CONFLICT (task) DO UPDATE SET done_at = EXCLUDED.done_at;

-- name: delete_activity
-- Delete minutes of activity before a time. One row for each.
DELETE FROM intake.activity_minute
WHERE (workspace, family, minute_at) IN (
    SELECT workspace, family, minute_at FROM intake.activity_minute
    WHERE minute_at < %(before)s
    ORDER BY minute_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING minute_at;

-- name: delete_actions
-- Delete records of what operators did in the web face before a time. One row for each.
DELETE FROM intake.operator_action
WHERE action_id IN (
    SELECT action_id FROM intake.operator_action
    WHERE happened_at < %(before)s
    ORDER BY happened_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING action_id;

-- name: remove_callback_documents
-- Remove the documents of filed callbacks received before a time; their rows stay, so that a repeat is
-- recognised. One row for each.
UPDATE intake.callback SET document = NULL
WHERE callback_id IN (
    SELECT callback_id FROM intake.callback
    WHERE filed_at IS NOT NULL AND problem IS NULL AND document IS NOT NULL AND received_at < %(before)s
    ORDER BY received_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING callback_id;

-- name: remove_callback_bodies
-- Remove the bodies of answers from filed callbacks received before a time. One row for each.
UPDATE intake.callback SET bodies_removed_at = now(), document = CASE
    WHEN jsonb_typeof(document -> 'included') = 'array' AND document -> 'included' <> '[]' THEN jsonb_set(
        document, '{included}',
        (
            SELECT jsonb_agg(
                resource #- '{attributes,answer,response,body}' #- '{attributes,answer,response,html_body}'
                         #- '{attributes,answer,response,htmlBody}'
                ORDER BY position
            )
            FROM jsonb_array_elements(document -> 'included') WITH ORDINALITY AS r (resource, position)
        )
    )
    ELSE document
END
WHERE callback_id IN (
    SELECT callback_id FROM intake.callback
    WHERE filed_at IS NOT NULL AND problem IS NULL AND document IS NOT NULL AND bodies_removed_at IS NULL
      AND received_at < %(before)s
    ORDER BY received_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING callback_id;

-- name: remove_landed_documents
-- Remove landed documents that were fetched before a time and normalised. One row for each.
UPDATE intake.landed SET document = NULL
WHERE (workspace, family, remote_id) IN (
    SELECT workspace, family, remote_id FROM intake.landed
    WHERE problem IS NULL AND document IS NOT NULL AND fetched_at < %(before)s
    ORDER BY fetched_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING remote_id;

-- name: errands_with_old_bodies
-- Errands with bodies in which nothing happened since a time.
SELECT workspace, errand_id FROM cention.errand
WHERE (body_html IS NOT NULL OR answer_body IS NOT NULL)
  AND (arrived_at < %(before)s OR (arrived_at IS NULL AND fetched_at < %(before)s))
  AND (answered_at IS NULL OR answered_at < %(before)s)
  AND (done_at IS NULL OR done_at < %(before)s)
LIMIT %(limit)s;

-- name: lock_landed_reports
-- Lock the landed reports of errands, in the order in which drains lock them.
SELECT remote_id FROM intake.landed
WHERE family = 'errand_reports'
  AND (workspace, remote_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
ORDER BY workspace, remote_id
FOR UPDATE;

-- name: remove_errand_bodies
-- Remove the bodies of errands, unless something happened in them meanwhile, and from their landed
-- reports. One row for each errand.
WITH emptied AS (
    UPDATE cention.errand SET body_html = NULL, answer_body = NULL
    WHERE (workspace, errand_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
      AND (arrived_at < %(before)s OR (arrived_at IS NULL AND fetched_at < %(before)s))
      AND (answered_at IS NULL OR answered_at < %(before)s)
      AND (done_at IS NULL OR done_at < %(before)s)
    RETURNING workspace, errand_id
), landed AS (
    UPDATE intake.landed AS l
    SET document = document #- '{data,attributes,basic,data,body}' #- '{data,attributes,extended,answer_body}'
    FROM emptied AS e
    WHERE (l.workspace, l.family, l.remote_id) = (e.workspace, 'errand_reports', e.errand_id)
      AND l.problem IS NULL AND l.document IS NOT NULL
)
SELECT errand_id FROM emptied;

-- name: remove_answer_bodies
-- Remove the bodies of answers received before a time. One row for each.
UPDATE cention.answer SET body_text = NULL, body_html = NULL
WHERE (workspace, answer_id, response_id) IN (
    SELECT workspace, answer_id, response_id FROM cention.answer
    WHERE (body_text IS NOT NULL OR body_html IS NOT NULL) AND received_at < %(before)s
    ORDER BY received_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING answer_id;

-- name: attachments_with_old_contents
-- Attachments of answers whose content was fetched before a time, except those of the library.
SELECT workspace, kind, attachment_id, sha256 FROM cention.attachment AS a
WHERE sha256 IS NOT NULL AND kind <> 'library' AND fetched_at < %(before)s
  AND NOT EXISTS (
      SELECT FROM cention.library_question_attachment AS q
      WHERE (q.workspace, q.kind, q.attachment_id) = (a.workspace, a.kind, a.attachment_id)
        AND q.gone_at IS NULL
  )
ORDER BY fetched_at
LIMIT %(limit)s;

-- name: remove_exported_bodies
-- Remove the bodies of errands from exports begun before a time. One row for each.
UPDATE cention.exported_errand SET question = NULL, answer = NULL, errand_notes = NULL, document = NULL
WHERE (workspace, run_id, position) IN (
    SELECT t.workspace, t.run_id, t.position
    FROM cention.exported_errand AS t
    JOIN cention.export_run AS r ON (r.workspace, r.run_id) = (t.workspace, t.run_id)
    WHERE (t.question IS NOT NULL OR t.answer IS NOT NULL OR t.errand_notes IS NOT NULL OR t.document IS NOT NULL)
      AND r.started_at < %(before)s
    LIMIT %(limit)s
    FOR UPDATE OF t SKIP LOCKED
)
RETURNING position;

-- name: remove_survey_comments
-- Remove the comments in surveys that were answered before a time. One row for each.
UPDATE feedback.answer SET comment = NULL
WHERE (workspace, session_id, position) IN (
    SELECT workspace, session_id, position FROM feedback.answer
    WHERE comment IS NOT NULL AND answered_at < %(before)s
    ORDER BY answered_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING session_id;

-- name: remove_survey_contexts
-- Remove what vendors reported of conversations, from surveys begun before a time. One row for each.
UPDATE feedback.session SET context = NULL
WHERE (workspace, session_id) IN (
    SELECT workspace, session_id FROM feedback.session
    WHERE context IS NOT NULL AND started_at < %(before)s
    ORDER BY started_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING session_id;

-- name: remove_invited_contacts
-- Remove contacts and names from invitations about what happened before a time, unless they may still be
-- sent. One row for each.
UPDATE feedback.invitation SET contact = NULL, contact_name = NULL
WHERE (workspace, invitation_id) IN (
    SELECT workspace, invitation_id FROM feedback.invitation
    WHERE num_nonnulls(contact, contact_name) > 0 AND event_at < %(before)s
      AND (state IN ('triggered', 'refused', 'withdrawn') OR (state = 'unknown' AND expires_at < now()))
    ORDER BY event_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING invitation_id;

-- name: remove_unmatched_cells
-- Remove the cells of unmatched rows received before a time. One row for each.
UPDATE feedback.unmatched_row SET cells = NULL, reference = NULL
WHERE (workspace, unmatched_id) IN (
    SELECT workspace, unmatched_id FROM feedback.unmatched_row
    WHERE num_nonnulls(cells, reference) > 0 AND received_at < %(before)s
    ORDER BY received_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING unmatched_id;
