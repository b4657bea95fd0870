-- name: errand_report_rows
-- Table, key and digest of every row made from reports of these errands, without fetched_at, and of
-- every name that any report mentions.
SELECT 'cention.errand', errand_id::text, md5((to_jsonb(t) - 'fetched_at')::text)
FROM cention.errand AS t WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
UNION ALL
SELECT 'cention.errand_version', concat_ws('/', errand_id, extract(epoch FROM valid_from)),
       md5((to_jsonb(t) - 'fetched_at')::text)
FROM cention.errand_version AS t WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
UNION ALL
SELECT 'cention.errand_action', action_id::text, md5((to_jsonb(t) - 'fetched_at')::text)
FROM cention.errand_action AS t WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
UNION ALL
SELECT 'cention.errand_tag', concat_ws('/', errand_id, tag_id), ''
FROM cention.errand_tag WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
UNION ALL
SELECT 'cention.errand_recipient', concat_ws('/', errand_id, kind, position), address
FROM cention.errand_recipient WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[])
UNION ALL
SELECT 'cention.organisation', organisation_id::text, name FROM cention.organisation WHERE workspace = %(workspace)s
UNION ALL
SELECT 'cention.area', area_id::text, name FROM cention.area WHERE workspace = %(workspace)s
UNION ALL
SELECT 'cention.agent', agent_id::text, name FROM cention.agent WHERE workspace = %(workspace)s
UNION ALL
SELECT 'cention.service', service_id::text, name FROM cention.service WHERE workspace = %(workspace)s
UNION ALL
SELECT 'cention.tag', tag_id::text, name FROM cention.tag WHERE workspace = %(workspace)s;

-- name: facebook_rating_rows
-- Table, key and digest of every row of these ratings, without fetched_at.
SELECT 'cention.facebook_rating', rating_id::text, md5((to_jsonb(t) - 'fetched_at')::text)
FROM cention.facebook_rating AS t WHERE workspace = %(workspace)s AND rating_id = ANY (%(ids)s::bigint[]);

-- name: attachment_rows
-- Table, key and digest of every row of these attachments, without fetched_at.
SELECT 'cention.attachment', concat_ws('/', kind, attachment_id), md5((to_jsonb(t) - 'fetched_at')::text)
FROM cention.attachment AS t
WHERE workspace = %(workspace)s AND kind = %(kind)s AND attachment_id = ANY (%(ids)s::bigint[]);

-- name: answer_rows
-- Table, key and digest of every row made from callbacks about these answers and responses.
SELECT 'cention.answer', concat_ws('/', answer_id, response_id), md5(to_jsonb(t)::text)
FROM cention.answer AS t WHERE workspace = %(workspace)s AND answer_id = ANY (%(answers)s::bigint[])
UNION ALL
SELECT 'cention.answer_recipient', concat_ws('/', response_id, recipient_id), md5(to_jsonb(t)::text)
FROM cention.answer_recipient AS t WHERE workspace = %(workspace)s AND response_id = ANY (%(responses)s::bigint[])
UNION ALL
SELECT 'cention.answer_attachment', concat_ws('/', answer_id, kind, attachment_id), ''
FROM cention.answer_attachment WHERE workspace = %(workspace)s AND answer_id = ANY (%(answers)s::bigint[]);
