-- The library: one snapshot, refreshed as a whole.
CREATE TABLE cention.library (
    workspace    text NOT NULL,
    library_id   bigint NOT NULL,
    name         text,
    external     boolean,
    top_level    boolean NOT NULL,
    source_types text[] NOT NULL,
    gone_at      timestamptz,
    fetched_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace, library_id)
);
COMMENT ON TABLE cention.library IS 'Libraries of questions, external ones included; a picture that is renewed as a whole.';
COMMENT ON COLUMN cention.library.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.library.library_id IS 'Cention''s id; an external library and the library of the same id are one.';
COMMENT ON COLUMN cention.library.name IS 'Name, as a rule organisation and area.';
COMMENT ON COLUMN cention.library.external IS 'True for an external library; null if Cention did not say.';
COMMENT ON COLUMN cention.library.top_level IS 'True if Cention lists it by itself, false if only within others.';
COMMENT ON COLUMN cention.library.source_types IS 'Under which types Cention told it: c3_libraries, c3_external_libraries.';
COMMENT ON COLUMN cention.library.gone_at IS 'Since when Cention has it no more, as the pass knew that found out; null while it is there.';
COMMENT ON COLUMN cention.library.fetched_at IS 'When the pass began that saw it last.';

CREATE TABLE cention.library_category (
    workspace   text NOT NULL,
    category_id bigint NOT NULL,
    name        text,
    gone_at     timestamptz,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace, category_id)
);
COMMENT ON TABLE cention.library_category IS 'Categories of the library, which hold questions, libraries and categories.';
COMMENT ON COLUMN cention.library_category.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.library_category.category_id IS 'Cention''s id of the category.';
COMMENT ON COLUMN cention.library_category.name IS 'Name.';
COMMENT ON COLUMN cention.library_category.gone_at IS 'Since when Cention has it no more, as the pass knew that found out; null while it is there.';
COMMENT ON COLUMN cention.library_category.fetched_at IS 'When the pass began that saw it last.';

-- A text search vector may be 1 MB at most, so that only so much of a text can be found.
CREATE FUNCTION cention.library_words(subject text, question text, answer text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('simple'::regconfig, left(coalesce(subject, ''), 2000)), 'A')
    || setweight(to_tsvector('simple'::regconfig, left(coalesce(question, ''), 40000)), 'B')
    || setweight(to_tsvector('simple'::regconfig, left(coalesce(answer, ''), 60000)), 'C');
COMMENT ON FUNCTION cention.library_words IS 'The words of a question of the library: A in its subject, B in the question, C in the answer.';

CREATE TABLE cention.library_question (
    workspace     text NOT NULL,
    question_id   bigint NOT NULL,
    subject       text,
    question_html text,
    question_text text,
    answer_html   text,
    answer_text   text,
    toplist       boolean NOT NULL,
    images_told   boolean NOT NULL,
    gone_at       timestamptz,
    fetched_at    timestamptz NOT NULL,
    words         tsvector NOT NULL
        GENERATED ALWAYS AS (cention.library_words(subject, question_text, answer_text)) STORED,
    PRIMARY KEY (workspace, question_id)
);
CREATE INDEX library_question_words ON cention.library_question USING gin (words);
COMMENT ON TABLE cention.library_question IS 'Questions of the library and their answers.';
COMMENT ON COLUMN cention.library_question.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.library_question.question_id IS 'Cention''s id of the question.';
COMMENT ON COLUMN cention.library_question.subject IS 'Subject; null for none.';
COMMENT ON COLUMN cention.library_question.question_html IS 'Question as HTML, untrusted, or as plain text; null for none.';
COMMENT ON COLUMN cention.library_question.question_text IS 'Question without HTML, made by us.';
COMMENT ON COLUMN cention.library_question.answer_html IS 'Answer as HTML, untrusted, or as plain text; null for none.';
COMMENT ON COLUMN cention.library_question.answer_text IS 'Answer without HTML, made by us.';
COMMENT ON COLUMN cention.library_question.toplist IS 'True if it is on Cention''s top list.';
COMMENT ON COLUMN cention.library_question.images_told IS 'Of operation: true once Cention told the images in the present HTML.';
COMMENT ON COLUMN cention.library_question.gone_at IS 'Since when Cention has it no more, as the pass knew that found out; null while it is there.';
COMMENT ON COLUMN cention.library_question.fetched_at IS 'When the pass began that saw it last.';
COMMENT ON COLUMN cention.library_question.words IS 'Its words for searching, made by Postgres: A in the subject, B in the question, C in the answer.';

CREATE TABLE cention.library_link (
    workspace   text NOT NULL,
    owner_kind  text NOT NULL CHECK (owner_kind IN ('library', 'category')),
    owner_id    bigint NOT NULL,
    target_kind text NOT NULL CHECK (target_kind IN ('library', 'category', 'question')),
    target_id   bigint NOT NULL,
    gone_at     timestamptz,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace, owner_kind, owner_id, target_kind, target_id)
);
CREATE INDEX library_link_target ON cention.library_link (workspace, target_kind, target_id);
COMMENT ON TABLE cention.library_link IS 'What is in which library or category. They may hold each other in circles.';
COMMENT ON COLUMN cention.library_link.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.library_link.owner_kind IS 'library or category: what holds it.';
COMMENT ON COLUMN cention.library_link.owner_id IS 'Id of the library or category that holds it.';
COMMENT ON COLUMN cention.library_link.target_kind IS 'library, category or question: what is held.';
COMMENT ON COLUMN cention.library_link.target_id IS 'Id of the library, category or question that is held.';
COMMENT ON COLUMN cention.library_link.gone_at IS 'Since when it is held no more, as the pass knew that found out; null while it is.';
COMMENT ON COLUMN cention.library_link.fetched_at IS 'When the pass began that saw it last.';

CREATE TABLE cention.library_question_attachment (
    workspace     text NOT NULL,
    question_id   bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('library', 'area_archive')),
    attachment_id bigint NOT NULL,
    name          text,
    content_type  text,
    gone_at       timestamptz,
    fetched_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace, question_id, kind, attachment_id)
);
CREATE INDEX library_question_attachment_attachment
    ON cention.library_question_attachment (workspace, kind, attachment_id);
COMMENT ON TABLE cention.library_question_attachment IS 'Which files and images a question has; contents by way of cention.attachment.';
COMMENT ON COLUMN cention.library_question_attachment.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.library_question_attachment.question_id IS 'Question.';
COMMENT ON COLUMN cention.library_question_attachment.kind IS 'library: a file of the question; area_archive: an image in its HTML.';
COMMENT ON COLUMN cention.library_question_attachment.attachment_id IS 'Attachment, as in cention.attachment.';
COMMENT ON COLUMN cention.library_question_attachment.name IS 'File name as the library tells it: data, not a path.';
COMMENT ON COLUMN cention.library_question_attachment.content_type IS 'Media type as the library tells it, unchecked.';
COMMENT ON COLUMN cention.library_question_attachment.gone_at IS 'Since when the question has it no more, as the pass knew that found out; null while it has.';
COMMENT ON COLUMN cention.library_question_attachment.fetched_at IS 'When the pass began that saw it last.';

CREATE TABLE intake.library_pass (
    workspace text PRIMARY KEY,
    begun     bigint NOT NULL,
    written   bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE intake.library_pass IS 'Passes over the library, counted, so that an older one never overwrites a newer one.';
COMMENT ON COLUMN intake.library_pass.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.library_pass.begun IS 'Number of the last pass that began.';
COMMENT ON COLUMN intake.library_pass.written IS 'Number of the newest pass that was written.';
