-- The library, one row per question: its text, its libraries and categories, its files.
DROP VIEW IF EXISTS analyst.library_question;

CREATE VIEW analyst.library_question AS
SELECT q.workspace,
       q.question_id,
       q.subject,
       q.question_text,
       q.answer_text,
       q.toplist,
       ARRAY(
           SELECT DISTINCT coalesce(l.name, l.library_id::text)
           FROM cention.library_link AS k
           JOIN cention.library AS l ON (l.workspace, l.library_id) = (k.workspace, k.owner_id)
           WHERE (k.workspace, k.target_kind, k.target_id, k.owner_kind)
                 = (q.workspace, 'question', q.question_id, 'library')
             AND k.gone_at IS NULL
           ORDER BY 1
       ) AS library_names,
       ARRAY(
           SELECT DISTINCT coalesce(c.name, c.category_id::text)
           FROM cention.library_link AS k
           JOIN cention.library_category AS c ON (c.workspace, c.category_id) = (k.workspace, k.owner_id)
           WHERE (k.workspace, k.target_kind, k.target_id, k.owner_kind)
                 = (q.workspace, 'question', q.question_id, 'category')
             AND k.gone_at IS NULL
           ORDER BY 1
       ) AS category_names,
       (
           SELECT count(*) FROM cention.library_question_attachment AS f
           WHERE (f.workspace, f.question_id, f.kind) = (q.workspace, q.question_id, 'library')
             AND f.gone_at IS NULL
       ) AS file_count,
       (
           SELECT count(*) FROM cention.library_question_attachment AS f
           WHERE (f.workspace, f.question_id, f.kind) = (q.workspace, q.question_id, 'area_archive')
             AND f.gone_at IS NULL
       ) AS image_count,
       q.fetched_at
FROM cention.library_question AS q
WHERE q.gone_at IS NULL;

COMMENT ON VIEW analyst.library_question IS 'One row per question that is in the library now. Key: workspace, question_id. Each question_id is in cention.library_question.';
COMMENT ON COLUMN analyst.library_question.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.library_question.question_id IS 'Cention''s id of the question.';
COMMENT ON COLUMN analyst.library_question.subject IS 'Subject; null for none.';
COMMENT ON COLUMN analyst.library_question.question_text IS 'Question without HTML; null for none.';
COMMENT ON COLUMN analyst.library_question.answer_text IS 'Answer without HTML; null for none.';
COMMENT ON COLUMN analyst.library_question.toplist IS 'True if it is on Cention''s top list.';
COMMENT ON COLUMN analyst.library_question.library_names IS 'Names of the libraries that contain it, sorted; without those that contain only its category.';
COMMENT ON COLUMN analyst.library_question.category_names IS 'Names of the categories that contain it, sorted.';
COMMENT ON COLUMN analyst.library_question.file_count IS 'Number of its files.';
COMMENT ON COLUMN analyst.library_question.image_count IS 'Number of images in its HTML.';
COMMENT ON COLUMN analyst.library_question.fetched_at IS 'Start of the last refresh that found it.';
