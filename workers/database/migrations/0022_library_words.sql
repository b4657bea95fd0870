-- Texts have no HTML any more: text in angle brackets is indexed as words, not skipped as a tag.
CREATE OR REPLACE FUNCTION cention.library_words(subject text, question text, answer text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('simple'::regconfig, translate(left(coalesce(subject, ''), 2000), '<>', '  ')), 'A')
    || setweight(to_tsvector('simple'::regconfig, translate(left(coalesce(question, ''), 40000), '<>', '  ')), 'B')
    || setweight(to_tsvector('simple'::regconfig, translate(left(coalesce(answer, ''), 60000), '<>', '  ')), 'C');

-- Naming a column that words are made of has them made anew.
UPDATE cention.library_question SET subject = subject WHERE concat(subject, question_text, answer_text) ~ '[<>]';
