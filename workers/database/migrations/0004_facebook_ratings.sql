-- Facebook ratings.
CREATE TABLE cention.facebook_rating (
    workspace     text NOT NULL,
    rating_id     bigint NOT NULL,
    rating        integer,
    message       text,
    reviewer_id   bigint,
    reviewer_name text,
    created_at    timestamptz,
    gone_at       timestamptz,
    fetched_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace, rating_id)
);
CREATE INDEX facebook_rating_created ON cention.facebook_rating (workspace, created_at);
COMMENT ON TABLE cention.facebook_rating IS 'Ratings that people left on Facebook (c3_facebook_ratings).';
COMMENT ON COLUMN cention.facebook_rating.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.facebook_rating.rating_id IS 'Cention''s id of the rating.';
COMMENT ON COLUMN cention.facebook_rating.rating IS 'Stars, 1 to 5; null for a recommendation without stars.';
COMMENT ON COLUMN cention.facebook_rating.message IS 'What the reviewer wrote.';
COMMENT ON COLUMN cention.facebook_rating.reviewer_id IS 'Facebook''s id of the reviewer.';
COMMENT ON COLUMN cention.facebook_rating.reviewer_name IS 'Name of the reviewer.';
COMMENT ON COLUMN cention.facebook_rating.created_at IS 'When it was written.';
COMMENT ON COLUMN cention.facebook_rating.gone_at IS 'When Cention was found to know it no more; null while it does.';
COMMENT ON COLUMN cention.facebook_rating.fetched_at IS 'When it was last asked for.';
