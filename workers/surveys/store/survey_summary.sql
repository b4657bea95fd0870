-- name: survey_summary
-- Invitations that were sent or may have been, those with an answer, and the NPS of all answers: one row.
SELECT (SELECT count(*) FROM feedback.invitation WHERE state IN ('triggered', 'unknown')) AS invited,
       (SELECT count(DISTINCT (s.workspace, s.invitation_id))
        FROM feedback.session AS s
        JOIN feedback.answer AS a ON (a.workspace, a.session_id) = (s.workspace, s.session_id)
        WHERE s.verified AND s.invitation_id IS NOT NULL) AS answered,
       score.nps_scores,
       score.nps
FROM (
    SELECT count(*) AS nps_scores,
           (100.0 * (count(*) FILTER (WHERE a.number >= 9) - count(*) FILTER (WHERE a.number <= 6))
               / nullif(count(*), 0))::float8 AS nps
    FROM feedback.answer AS a
    JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id)
    WHERE a.kind = 'nps' AND a.number IS NOT NULL AND s.verified
) AS score;
