-- name: search_questions
-- Questions in which every word of a phrase is the prefix of a word, best first. The phrase may have
-- "…", or and -. Letters name the parts to search: A subject, B question, C answer. Angle brackets count
-- as spaces, as Postgres would ignore the text between them.
WITH phrase AS MATERIALIZED (
    SELECT regexp_replace(
        websearch_to_tsquery('simple', translate(%(phrase)s, '<>', '  '))::text,
        '''((?:[^'']|'''')*)''', '''\1'':*' || %(where)s::text, 'g'
    )::tsquery AS query
), found AS (
    SELECT q.*, phrase.query,
           ts_rank_cd(words, phrase.query) AS rank
    FROM phrase
    JOIN cention.library_question AS q ON q.words @@ phrase.query
    WHERE workspace = %(workspace)s AND gone_at IS NULL
    ORDER BY rank DESC, question_id
    LIMIT %(limit)s
)
SELECT question_id, subject, rank, toplist,
       ts_headline(
           'simple',
           translate(left(concat_ws(
               E'\n',
               CASE WHEN %(where)s <> 'C' THEN question_text END, CASE WHEN %(where)s <> 'AB' THEN answer_text END
           ), 100000), '<>', '  '),
           -- Some of the words may be in the subject only: then no excerpt has all of them.
           replace(query::text, ' & ', ' | ')::tsquery, 'StartSel=**, StopSel=**, MaxWords=20, MinWords=8, MaxFragments=2'
       ) AS headline
FROM found
ORDER BY rank DESC, question_id;

-- name: read_question
-- One question, gone or not, with the names of its libraries and categories.
SELECT question_id, q.subject, question_html, q.question_text, answer_html, q.answer_text, q.toplist,
       q.gone_at, q.fetched_at, coalesce(library_names, '{}') AS libraries,
       coalesce(category_names, '{}') AS categories
FROM cention.library_question AS q
LEFT JOIN analyst.library_question USING (workspace, question_id)
WHERE workspace = %(workspace)s AND question_id = %(question_id)s;

-- name: files_of_question
-- The files and images of one question, and whether their contents are stored.
SELECT f.kind, f.attachment_id, coalesce(f.name, a.name) AS name,
       coalesce(f.content_type, a.content_type) AS content_type, a.size_bytes, a.state
FROM cention.library_question_attachment AS f
LEFT JOIN cention.attachment AS a
    ON (a.workspace, a.kind, a.attachment_id) = (f.workspace, f.kind, f.attachment_id)
WHERE f.workspace = %(workspace)s AND f.question_id = %(question_id)s AND f.gone_at IS NULL
ORDER BY f.kind DESC, f.attachment_id;
