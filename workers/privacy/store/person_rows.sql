-- name: rows_of_errands
-- Table and row of all stored data of these errands, with documents and wanted records.
WITH own AS (
    SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]) AS k (workspace, errand_id)
), answer AS (
    SELECT a.* FROM cention.answer AS a JOIN own USING (workspace, errand_id)
), survey AS (
    SELECT s.* FROM feedback.session AS s JOIN own USING (workspace, errand_id)
), named AS (
    SELECT DISTINCT f.workspace, f.kind, f.attachment_id
    FROM cention.answer_attachment AS f JOIN answer USING (workspace, answer_id)
), remote AS (
    SELECT workspace, 'errand_reports' AS family, errand_id AS remote_id FROM own
    UNION ALL
    SELECT workspace, CASE kind WHEN 'response' THEN 'response_attachments' ELSE 'area_archives' END, attachment_id
    FROM named
)
SELECT 'cention.errand', to_jsonb(t) FROM cention.errand AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.errand_version', to_jsonb(t) FROM cention.errand_version AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.errand_action', to_jsonb(t) FROM cention.errand_action AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.errand_tag', to_jsonb(t) || jsonb_build_object('name', tag.name)
FROM cention.errand_tag AS t JOIN own USING (workspace, errand_id) LEFT JOIN cention.tag USING (workspace, tag_id)
UNION ALL
SELECT 'cention.errand_recipient', to_jsonb(t) FROM cention.errand_recipient AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.answer', to_jsonb(answer) FROM answer
UNION ALL
SELECT 'cention.answer_recipient', to_jsonb(t) FROM cention.answer_recipient AS t JOIN answer USING (workspace, response_id)
UNION ALL
SELECT 'cention.answer_attachment', to_jsonb(t) FROM cention.answer_attachment AS t JOIN answer USING (workspace, answer_id)
UNION ALL
SELECT 'cention.attachment', to_jsonb(t) FROM cention.attachment AS t JOIN named USING (workspace, kind, attachment_id)
UNION ALL
SELECT 'cention.exported_errand', to_jsonb(t) FROM cention.exported_errand AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.sent_errand', to_jsonb(t) FROM cention.sent_errand AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'cention.sent_closing', to_jsonb(t) FROM cention.sent_closing AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'feedback.decision', to_jsonb(t) FROM feedback.decision AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'feedback.invitation', to_jsonb(t) FROM feedback.invitation AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'feedback.session', to_jsonb(t) FROM survey AS t
UNION ALL
SELECT 'feedback.answer', to_jsonb(t) FROM feedback.answer AS t JOIN survey AS s USING (workspace, session_id)
UNION ALL
SELECT 'feedback.alert', to_jsonb(t) FROM feedback.alert AS t JOIN survey AS s USING (workspace, session_id)
UNION ALL
SELECT 'feedback.opt_out', to_jsonb(t) FROM feedback.opt_out AS t
WHERE (workspace, person_sha256) IN (
    SELECT i.workspace, i.person_sha256 FROM feedback.invitation AS i JOIN own USING (workspace, errand_id)
)
UNION ALL
SELECT 'intake.landed', to_jsonb(t) FROM intake.landed AS t JOIN remote USING (workspace, family, remote_id)
UNION ALL
SELECT 'intake.wanted', to_jsonb(t) FROM intake.wanted AS t JOIN remote USING (workspace, family, remote_id)
UNION ALL
SELECT 'analyst.errand_metrics', to_jsonb(t) FROM analyst.errand_metrics AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'analyst.errand_response', to_jsonb(t) FROM analyst.errand_response AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'analyst.open_span', to_jsonb(t) FROM analyst.open_span AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'analyst.reopening', to_jsonb(t) FROM analyst.reopening AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'analyst.repeat_contact', to_jsonb(t) FROM analyst.repeat_contact AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'intake.metrics_problem', to_jsonb(t) FROM intake.metrics_problem AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'intake.errand_moved', to_jsonb(t) FROM intake.errand_moved AS t JOIN own USING (workspace, errand_id)
UNION ALL
SELECT 'intake.metrics_due', to_jsonb(t) FROM intake.metrics_due AS t
WHERE kind = 'errand' AND (workspace, record_id) IN (SELECT workspace, errand_id FROM own)
UNION ALL
SELECT 'intake.callback', to_jsonb(t) FROM intake.callback AS t
WHERE callback_id IN (SELECT callback_id FROM answer);

-- name: rows_of_ratings
-- Table and row of all stored data of these Facebook ratings.
SELECT 'cention.facebook_rating', to_jsonb(t) FROM cention.facebook_rating AS t
WHERE (workspace, rating_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
UNION ALL
SELECT 'intake.landed', to_jsonb(t) FROM intake.landed AS t
WHERE family = 'facebook_ratings'
  AND (workspace, remote_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]))
UNION ALL
SELECT 'intake.metrics_due', to_jsonb(t) FROM intake.metrics_due AS t
WHERE kind = 'facebook_rating'
  AND (workspace, record_id) IN (SELECT * FROM unnest(%(workspaces)s::text[], %(ids)s::bigint[]));

-- name: content
-- One content of attachments.
SELECT content FROM cention.blob WHERE sha256 = %(sha256)s;
