-- name: begin_refresh
-- Begin a refresh of the library of a workspace: its number, and the time by the database's clock.
INSERT INTO intake.library_pass AS p (workspace, begun) VALUES (%(workspace)s, 1)
ON CONFLICT (workspace) DO UPDATE SET begun = p.begun + 1
RETURNING begun AS number, clock_timestamp() AS began_at;

-- name: lock_for_write
-- Lock the library for one refresh that writes; no row if a newer one has written.
UPDATE intake.library_pass SET written = %(number)s
WHERE workspace = %(workspace)s AND written < %(number)s
RETURNING written;

-- name: vanished_kinds
-- Record the kinds of which this refresh found no record although some are stored (all stored kinds but
-- present_kinds); one row with these, and with those of the last refresh.
WITH here AS (
    SELECT 'library' AS kind WHERE EXISTS (
        SELECT FROM cention.library WHERE workspace = %(workspace)s AND gone_at IS NULL
    )
    UNION ALL SELECT 'category' WHERE EXISTS (
        SELECT FROM cention.library_category WHERE workspace = %(workspace)s AND gone_at IS NULL
    )
    UNION ALL SELECT 'question' WHERE EXISTS (
        SELECT FROM cention.library_question WHERE workspace = %(workspace)s AND gone_at IS NULL
    )
), before AS (
    SELECT vanished FROM intake.library_pass WHERE workspace = %(workspace)s
)
UPDATE intake.library_pass AS p
SET vanished = ARRAY(SELECT kind FROM here WHERE kind <> ALL (%(present_kinds)s::text[]) ORDER BY kind)
FROM before
WHERE workspace = %(workspace)s
RETURNING p.vanished, before.vanished AS vanished_before;

-- name: current_links
-- Every link that is not gone.
SELECT owner_kind, owner_id, target_kind, target_id FROM cention.library_link
WHERE workspace = %(workspace)s AND gone_at IS NULL
UNION ALL
SELECT 'question', question_id, CASE kind WHEN 'library' THEN 'attachment' ELSE kind END, attachment_id
FROM cention.library_question_attachment
WHERE workspace = %(workspace)s AND gone_at IS NULL;

-- name: texts_with_known_images
-- The HTML of the questions whose images are known.
SELECT question_id, coalesce(question_html, '') AS question, coalesce(answer_html, '') AS answer
FROM cention.library_question
WHERE workspace = %(workspace)s AND images_told AND gone_at IS NULL;

-- name: save_libraries
-- Write libraries; fields that Cention omitted stay as they were.
INSERT INTO cention.library AS old (
    workspace, library_id, name, external, top_level, source_types, fetched_at
)
SELECT %(workspace)s, library_id, nullif(name, ''), external, top_level, source_types, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS new (
    library_id bigint, name text, external boolean, top_level boolean, source_types text[]
)
ON CONFLICT (workspace, library_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name), external = coalesce(EXCLUDED.external, old.external),
    top_level = EXCLUDED.top_level, source_types = EXCLUDED.source_types,
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_categories
-- Write categories; fields that Cention omitted stay as they were.
INSERT INTO cention.library_category AS old (workspace, category_id, name, fetched_at)
SELECT %(workspace)s, category_id, nullif(name, ''), %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS new (category_id bigint, name text)
ON CONFLICT (workspace, category_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name), gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_questions
-- Write questions that are new or changed. A text that Cention omitted stays as it was, an empty one
-- becomes null. images_told holds for as long as the HTML is the same.
WITH wanted AS (
    SELECT t.question_id, t.toplist, t.images_told,
           CASE WHEN t.subject IS NULL THEN known.subject ELSE nullif(t.subject, '') END AS subject,
           CASE WHEN t.question IS NULL THEN known.question_html ELSE nullif(t.question, '') END AS question_html,
           CASE WHEN t.question IS NULL THEN known.question_text ELSE nullif(t.question_text, '') END AS question_text,
           CASE WHEN t.answer IS NULL THEN known.answer_html ELSE nullif(t.answer, '') END AS answer_html,
           CASE WHEN t.answer IS NULL THEN known.answer_text ELSE nullif(t.answer_text, '') END AS answer_text
    FROM jsonb_to_recordset(%(records)s::jsonb) AS t (
        question_id bigint, subject text, question text, question_text text, answer text,
        answer_text text, toplist boolean, images_told boolean
    )
    LEFT JOIN cention.library_question AS known
        ON known.workspace = %(workspace)s AND known.question_id = t.question_id
)
INSERT INTO cention.library_question AS old (
    workspace, question_id, subject, question_html, question_text, answer_html, answer_text, toplist,
    images_told, fetched_at
)
SELECT %(workspace)s, question_id, subject, question_html, question_text, answer_html, answer_text, toplist,
       images_told, %(at)s
FROM wanted AS w
WHERE NOT EXISTS (
    SELECT FROM cention.library_question AS known
    WHERE (known.workspace, known.question_id) = (%(workspace)s, w.question_id)
      AND (known.images_told OR NOT w.images_told)
      AND (known.subject, known.question_html, known.question_text, known.answer_html, known.answer_text,
           known.toplist)
          IS NOT DISTINCT FROM (w.subject, w.question_html, w.question_text, w.answer_html, w.answer_text,
                                w.toplist)
)
ON CONFLICT (workspace, question_id) DO UPDATE SET
    subject = EXCLUDED.subject, question_html = EXCLUDED.question_html,
    question_text = EXCLUDED.question_text, answer_html = EXCLUDED.answer_html,
    answer_text = EXCLUDED.answer_text, toplist = EXCLUDED.toplist,
    images_told = EXCLUDED.images_told OR (
        old.images_told AND old.question_html IS NOT DISTINCT FROM EXCLUDED.question_html
        AND old.answer_html IS NOT DISTINCT FROM EXCLUDED.answer_html
    );

-- name: see_questions
-- Record that questions exist, changed or not, so that most texts need not be written.
UPDATE cention.library_question AS q SET gone_at = NULL, fetched_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS new (question_id bigint)
WHERE q.workspace = %(workspace)s AND q.question_id = new.question_id;

-- name: save_links
-- Write the links of libraries and categories.
INSERT INTO cention.library_link (workspace, owner_kind, owner_id, target_kind, target_id, fetched_at)
SELECT %(workspace)s, owner_kind, owner_id, target_kind, target_id, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS new (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE owner_kind <> 'question'
ON CONFLICT (workspace, owner_kind, owner_id, target_kind, target_id) DO UPDATE SET
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_question_attachments
-- Write which files and images questions have; fields that Cention omitted stay as they were.
INSERT INTO cention.library_question_attachment AS old (
    workspace, question_id, kind, attachment_id, name, content_type, fetched_at
)
SELECT %(workspace)s, owner_id, CASE target_kind WHEN 'attachment' THEN 'library' ELSE target_kind END,
       target_id, name, content_type, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS new (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint, name text, content_type text
)
WHERE owner_kind = 'question'
ON CONFLICT (workspace, question_id, kind, attachment_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name),
    content_type = coalesce(EXCLUDED.content_type, old.content_type),
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: files_to_fetch
-- Of the files and images of questions, those whose content is not stored, or may have changed as their
-- name or type has. What was removed on purpose, or is refused, is not fetched again.
SELECT DISTINCT new.kind, new.attachment_id
FROM (
    SELECT CASE target_kind WHEN 'attachment' THEN 'library' ELSE target_kind END AS kind,
           target_id AS attachment_id, name, content_type
    FROM jsonb_to_recordset(%(records)s::jsonb) AS r (
        owner_kind text, target_kind text, target_id bigint, name text, content_type text
    )
    WHERE owner_kind = 'question'
) AS new
LEFT JOIN cention.attachment AS a
    ON (a.workspace, a.kind, a.attachment_id) = (%(workspace)s, new.kind, new.attachment_id)
WHERE a.state IS NULL OR a.state IN ('wanted', 'gone')
   OR (a.state <> 'removed' AND EXISTS (
       SELECT FROM cention.library_question_attachment AS known
       WHERE (known.workspace, known.kind, known.attachment_id)
             = (%(workspace)s, new.kind, new.attachment_id)
         AND (known.name <> new.name OR known.content_type <> new.content_type)
   ));

-- name: mark_libraries_gone
-- Mark all libraries but these as gone. One row for each.
UPDATE cention.library SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND library_id <> ALL (%(ids)s::bigint[])
RETURNING library_id;

-- name: mark_categories_gone
-- Mark all categories but these as gone. One row for each.
UPDATE cention.library_category SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND category_id <> ALL (%(ids)s::bigint[])
RETURNING category_id;

-- name: mark_questions_gone
-- Mark all questions but these as gone. One row for each.
UPDATE cention.library_question SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND question_id <> ALL (%(ids)s::bigint[])
RETURNING question_id;

-- name: mark_links_gone
-- Mark links of libraries and categories as gone.
UPDATE cention.library_link AS l SET gone_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS removed (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE l.workspace = %(workspace)s AND l.gone_at IS NULL
  AND (l.owner_kind, l.owner_id, l.target_kind, l.target_id)
      = (removed.owner_kind, removed.owner_id, removed.target_kind, removed.target_id);

-- name: mark_question_attachments_gone
-- Mark files and images of questions as gone.
UPDATE cention.library_question_attachment AS f SET gone_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS removed (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE f.workspace = %(workspace)s AND f.gone_at IS NULL AND removed.owner_kind = 'question'
  AND (f.question_id, f.kind, f.attachment_id) = (
      removed.owner_id, CASE removed.target_kind WHEN 'attachment' THEN 'library' ELSE removed.target_kind END,
      removed.target_id
  );
