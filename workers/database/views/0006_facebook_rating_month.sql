-- Facebook ratings by month.
DROP VIEW IF EXISTS analyst.facebook_rating_month;

CREATE VIEW analyst.facebook_rating_month AS
SELECT r.workspace,
       date_trunc('month', r.created_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::date AS month,
       count(*) AS ratings,
       round(avg(r.rating), 2) AS avg_rating,
       count(*) FILTER (WHERE r.rating = 1) AS stars_1,
       count(*) FILTER (WHERE r.rating = 2) AS stars_2,
       count(*) FILTER (WHERE r.rating = 3) AS stars_3,
       count(*) FILTER (WHERE r.rating = 4) AS stars_4,
       count(*) FILTER (WHERE r.rating = 5) AS stars_5,
       count(*) FILTER (WHERE r.rating IS NULL) AS without_stars,
       count(r.message) AS with_message,
       count(r.gone_at) AS gone
FROM cention.facebook_rating AS r
LEFT JOIN cention.workspace AS w ON w.workspace = r.workspace
GROUP BY r.workspace, month;

COMMENT ON VIEW analyst.facebook_rating_month IS
    'One row per month in which ratings were written; ratings deleted since then count as last reported. Key: workspace, month.';
COMMENT ON COLUMN analyst.facebook_rating_month.workspace IS 'Cention workspace.';
COMMENT ON COLUMN analyst.facebook_rating_month.month IS 'First day of the month, in the workspace''s time zone; null: ratings whose time Cention never reported.';
COMMENT ON COLUMN analyst.facebook_rating_month.ratings IS 'Ratings written in this month, gone ones included.';
COMMENT ON COLUMN analyst.facebook_rating_month.avg_rating IS 'Average of the stars; null if none has stars.';
COMMENT ON COLUMN analyst.facebook_rating_month.stars_1 IS 'Ratings with one star.';
COMMENT ON COLUMN analyst.facebook_rating_month.stars_2 IS 'Ratings with two stars.';
COMMENT ON COLUMN analyst.facebook_rating_month.stars_3 IS 'Ratings with three stars.';
COMMENT ON COLUMN analyst.facebook_rating_month.stars_4 IS 'Ratings with four stars.';
COMMENT ON COLUMN analyst.facebook_rating_month.stars_5 IS 'Ratings with five stars.';
COMMENT ON COLUMN analyst.facebook_rating_month.without_stars IS 'Recommendations without stars, and ratings gone before their first report.';
COMMENT ON COLUMN analyst.facebook_rating_month.with_message IS 'Ratings with a message.';
COMMENT ON COLUMN analyst.facebook_rating_month.gone IS 'Of the ratings: those no longer in Cention.';
