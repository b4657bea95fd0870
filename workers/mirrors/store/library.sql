-- name: begin_pass
-- Begin a pass over the library of a workspace: its number, and the time by the database's clock.
INSERT INTO intake.library_pass AS p (workspace, begun) VALUES (%(workspace)s, 1)
ON CONFLICT (workspace) DO UPDATE SET begun = p.begun + 1
RETURNING begun AS number, clock_timestamp() AS began_at;

-- name: take_turn
-- Let one pass write at a time; no row if a newer one has written.
UPDATE intake.library_pass SET written = %(number)s
WHERE workspace = %(workspace)s AND written < %(number)s
RETURNING written;

-- name: suspect
-- Remember the kinds of which this pass found none though there are some here (all that are here, but for
-- kinds_there); one row, which tells these and those of the last pass.
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
SET vanished = ARRAY(SELECT kind FROM here WHERE kind <> ALL (%(kinds_there)s::text[]) ORDER BY kind)
FROM before
WHERE workspace = %(workspace)s
RETURNING p.vanished, before.vanished AS vanished_before;

-- name: live_links
-- Everything that is in something, as far as is known.
SELECT owner_kind, owner_id, target_kind, target_id FROM cention.library_link
WHERE workspace = %(workspace)s AND gone_at IS NULL
UNION ALL
SELECT 'question', question_id, CASE kind WHEN 'library' THEN 'attachment' ELSE kind END, attachment_id
FROM cention.library_question_attachment
WHERE workspace = %(workspace)s AND gone_at IS NULL;

-- name: texts_with_known_images
-- The HTML of those questions whose images were told.
SELECT question_id, coalesce(question_html, '') AS question, coalesce(answer_html, '') AS answer
FROM cention.library_question
WHERE workspace = %(workspace)s AND images_told AND gone_at IS NULL;

-- name: save_libraries
-- Write libraries that are there; what nobody said stays as it was.
INSERT INTO cention.library AS old (
    workspace, library_id, name, external, top_level, source_types, fetched_at
)
SELECT %(workspace)s, library_id, nullif(name, ''), external, top_level, source_types, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS told (
    library_id bigint, name text, external boolean, top_level boolean, source_types text[]
)
ON CONFLICT (workspace, library_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name), external = coalesce(EXCLUDED.external, old.external),
    top_level = EXCLUDED.top_level, source_types = EXCLUDED.source_types,
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_categories
-- Write categories that are there; what nobody said stays as it was.
INSERT INTO cention.library_category AS old (workspace, category_id, name, fetched_at)
SELECT %(workspace)s, category_id, nullif(name, ''), %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS told (category_id bigint, name text)
ON CONFLICT (workspace, category_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name), gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_questions
-- Write questions that are new or changed. A text that nobody told stays as it was, an empty one becomes
-- none. That the images were told holds for as long as the HTML is the same.
WITH wished AS (
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
FROM wished AS w
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
-- Note that questions are there, changed or not: so that most need no writing of their texts.
UPDATE cention.library_question AS q SET gone_at = NULL, fetched_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS told (question_id bigint)
WHERE q.workspace = %(workspace)s AND q.question_id = told.question_id;

-- name: save_links
-- Write what is in which library or category.
INSERT INTO cention.library_link (workspace, owner_kind, owner_id, target_kind, target_id, fetched_at)
SELECT %(workspace)s, owner_kind, owner_id, target_kind, target_id, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS told (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE owner_kind <> 'question'
ON CONFLICT (workspace, owner_kind, owner_id, target_kind, target_id) DO UPDATE SET
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: save_question_attachments
-- Write which files and images questions have; what nobody said of them stays as it was.
INSERT INTO cention.library_question_attachment AS old (
    workspace, question_id, kind, attachment_id, name, content_type, fetched_at
)
SELECT %(workspace)s, owner_id, CASE target_kind WHEN 'attachment' THEN 'library' ELSE target_kind END,
       target_id, name, content_type, %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS told (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint, name text, content_type text
)
WHERE owner_kind = 'question'
ON CONFLICT (workspace, question_id, kind, attachment_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, old.name),
    content_type = coalesce(EXCLUDED.content_type, old.content_type),
    gone_at = NULL, fetched_at = EXCLUDED.fetched_at;

-- name: files_to_fetch
-- Of the files and images that were told, those whose content is not here, or may have changed: they
-- are called otherwise than before. What was removed on purpose, or cannot be taken, stays away.
SELECT DISTINCT told.kind, told.attachment_id
FROM (
    SELECT CASE target_kind WHEN 'attachment' THEN 'library' ELSE target_kind END AS kind,
           target_id AS attachment_id, name, content_type
    FROM jsonb_to_recordset(%(records)s::jsonb) AS r (
        owner_kind text, target_kind text, target_id bigint, name text, content_type text
    )
    WHERE owner_kind = 'question'
) AS told
LEFT JOIN cention.attachment AS a
    ON (a.workspace, a.kind, a.attachment_id) = (%(workspace)s, told.kind, told.attachment_id)
WHERE a.state IS NULL OR a.state IN ('wanted', 'gone')
   OR (a.state <> 'removed' AND EXISTS (
       SELECT FROM cention.library_question_attachment AS known
       WHERE (known.workspace, known.kind, known.attachment_id)
             = (%(workspace)s, told.kind, told.attachment_id)
         AND (known.name <> told.name OR known.content_type <> told.content_type)
   ));

-- name: mark_libraries_gone
-- Note that Cention has no libraries but these. One row for each that is gone now.
UPDATE cention.library SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND library_id <> ALL (%(ids)s::bigint[])
RETURNING library_id;

-- name: mark_categories_gone
-- Note that Cention has no categories but these. One row for each that is gone now.
UPDATE cention.library_category SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND category_id <> ALL (%(ids)s::bigint[])
RETURNING category_id;

-- name: mark_questions_gone
-- Note that Cention has no questions but these. One row for each that is gone now.
UPDATE cention.library_question SET gone_at = %(at)s
WHERE workspace = %(workspace)s AND gone_at IS NULL AND question_id <> ALL (%(ids)s::bigint[])
RETURNING question_id;

-- name: mark_links_gone
-- Note what is no more in its library or category.
UPDATE cention.library_link AS l SET gone_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS lost (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE l.workspace = %(workspace)s AND l.gone_at IS NULL
  AND (l.owner_kind, l.owner_id, l.target_kind, l.target_id)
      = (lost.owner_kind, lost.owner_id, lost.target_kind, lost.target_id);

-- name: mark_question_attachments_gone
-- Note which files and images questions have no more.
UPDATE cention.library_question_attachment AS f SET gone_at = %(at)s
FROM jsonb_to_recordset(%(records)s::jsonb) AS lost (
    owner_kind text, owner_id bigint, target_kind text, target_id bigint
)
WHERE f.workspace = %(workspace)s AND f.gone_at IS NULL AND lost.owner_kind = 'question'
  AND (f.question_id, f.kind, f.attachment_id) = (
      lost.owner_id, CASE lost.target_kind WHEN 'attachment' THEN 'library' ELSE lost.target_kind END,
      lost.target_id
  );
