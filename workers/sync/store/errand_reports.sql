-- name: save_errand_reports
-- Write reports with history, tags and recipients; one older than what is stored changes nothing.
-- A report without SLA leaves the SLA as it was and marks it as pending. With rewrite, the newest stored
-- report of an errand that is gone changes it as well, and it stays gone.
WITH report AS (
    SELECT r.*, f.fetched_at, r.sla IS NULL AS sla_pending, s.sla_expiry, s.sla_done_due, s.within_sla,
           s.handling_time_s, s.response_time_s
    FROM jsonb_to_recordset(%(reports)s::jsonb) AS f (record jsonb, fetched_at timestamptz)
    CROSS JOIN LATERAL jsonb_to_record(f.record) AS r (
        errand_id bigint, display_id text, thread_id bigint, group_id bigint, has_child boolean,
        acquired boolean, status_code text, status_title text, service_id bigint,
        organisation_id bigint, area_id bigint, agent_id bigint, priority text, from_address text,
        from_name text, to_text text, subject text, body_html text, arrived_at timestamptz,
        answered_at timestamptz, done_at timestamptz, attachment_count integer, closed boolean,
        deleted boolean, answered boolean, has_answer boolean, answer_deleted boolean,
        forwarded_external boolean, cloned_forwarded_external boolean, feedback_answer text,
        feedback_link text, feedback_value integer, feedback_question_text text,
        feedback_question_html text, answer_subject text, answer_body text, secure_user_id text,
        fb_likes text, fb_action text, fb_pms boolean, send_pm boolean, retweet boolean,
        twitter_pm boolean, sla jsonb, actions jsonb, tags jsonb, to_addresses jsonb,
        copy_addresses jsonb
    )
    LEFT JOIN LATERAL jsonb_to_record(r.sla) AS s (
        sla_expiry integer, sla_done_due boolean, within_sla boolean, handling_time_s bigint, response_time_s bigint
    ) ON true
), written AS (
    INSERT INTO cention.errand AS e (
        workspace, errand_id, display_id, thread_id, group_id, has_child, acquired, status_code,
        status_title, service_id, organisation_id, area_id, agent_id, priority, from_address,
        from_name, to_text, subject, body_html, arrived_at, answered_at, done_at, attachment_count,
        closed, deleted, answered, has_answer, answer_deleted, forwarded_external,
        cloned_forwarded_external, feedback_answer, feedback_link, feedback_value,
        feedback_question_text, feedback_question_html, answer_subject, answer_body, secure_user_id,
        fb_likes, fb_action, fb_pms, send_pm, retweet, twitter_pm, sla_expiry, sla_done_due,
        within_sla, handling_time_s, response_time_s, sla_fetched_at, sla_pending, fetched_at
    )
    SELECT
        %(workspace)s, errand_id, display_id, thread_id, group_id, has_child, acquired, status_code,
        status_title, service_id, organisation_id, area_id, agent_id, priority, from_address,
        from_name, to_text, subject, body_html, arrived_at, answered_at, done_at, attachment_count,
        closed, deleted, answered, has_answer, answer_deleted, forwarded_external,
        cloned_forwarded_external, feedback_answer, feedback_link, feedback_value,
        feedback_question_text, feedback_question_html, answer_subject, answer_body, secure_user_id,
        fb_likes, fb_action, fb_pms, send_pm, retweet, twitter_pm, sla_expiry, sla_done_due,
        within_sla, handling_time_s, response_time_s, CASE WHEN NOT sla_pending THEN fetched_at END,
        sla_pending, fetched_at
    FROM report
    ORDER BY errand_id
    ON CONFLICT (workspace, errand_id) DO UPDATE SET
        display_id = EXCLUDED.display_id,
        thread_id = EXCLUDED.thread_id,
        group_id = EXCLUDED.group_id,
        has_child = EXCLUDED.has_child,
        acquired = EXCLUDED.acquired,
        status_code = EXCLUDED.status_code,
        status_title = EXCLUDED.status_title,
        service_id = EXCLUDED.service_id,
        organisation_id = EXCLUDED.organisation_id,
        area_id = EXCLUDED.area_id,
        agent_id = EXCLUDED.agent_id,
        priority = EXCLUDED.priority,
        from_address = EXCLUDED.from_address,
        from_name = EXCLUDED.from_name,
        to_text = EXCLUDED.to_text,
        subject = EXCLUDED.subject,
        body_html = EXCLUDED.body_html,
        arrived_at = EXCLUDED.arrived_at,
        answered_at = EXCLUDED.answered_at,
        done_at = EXCLUDED.done_at,
        attachment_count = EXCLUDED.attachment_count,
        closed = EXCLUDED.closed,
        deleted = EXCLUDED.deleted,
        answered = EXCLUDED.answered,
        has_answer = EXCLUDED.has_answer,
        answer_deleted = EXCLUDED.answer_deleted,
        forwarded_external = EXCLUDED.forwarded_external,
        cloned_forwarded_external = EXCLUDED.cloned_forwarded_external,
        feedback_answer = EXCLUDED.feedback_answer,
        feedback_link = EXCLUDED.feedback_link,
        feedback_value = EXCLUDED.feedback_value,
        feedback_question_text = EXCLUDED.feedback_question_text,
        feedback_question_html = EXCLUDED.feedback_question_html,
        answer_subject = EXCLUDED.answer_subject,
        answer_body = EXCLUDED.answer_body,
        secure_user_id = EXCLUDED.secure_user_id,
        fb_likes = EXCLUDED.fb_likes,
        fb_action = EXCLUDED.fb_action,
        fb_pms = EXCLUDED.fb_pms,
        send_pm = EXCLUDED.send_pm,
        retweet = EXCLUDED.retweet,
        twitter_pm = EXCLUDED.twitter_pm,
        sla_expiry = CASE WHEN EXCLUDED.sla_pending THEN e.sla_expiry ELSE EXCLUDED.sla_expiry END,
        sla_done_due = CASE WHEN EXCLUDED.sla_pending THEN e.sla_done_due ELSE EXCLUDED.sla_done_due END,
        within_sla = CASE WHEN EXCLUDED.sla_pending THEN e.within_sla ELSE EXCLUDED.within_sla END,
        handling_time_s = CASE WHEN EXCLUDED.sla_pending THEN e.handling_time_s ELSE EXCLUDED.handling_time_s END,
        response_time_s = CASE WHEN EXCLUDED.sla_pending THEN e.response_time_s ELSE EXCLUDED.response_time_s END,
        sla_fetched_at = coalesce(EXCLUDED.sla_fetched_at, e.sla_fetched_at),
        sla_pending = EXCLUDED.sla_pending AND e.fetched_at <= EXCLUDED.fetched_at,
        gone_at = CASE WHEN e.fetched_at > EXCLUDED.fetched_at THEN e.gone_at END,
        fetched_at = greatest(e.fetched_at, EXCLUDED.fetched_at)
    WHERE e.fetched_at <= EXCLUDED.fetched_at OR (%(rewrite)s AND e.gone_at IS NOT NULL)
    RETURNING errand_id
), current AS (
    SELECT report.* FROM report JOIN written USING (errand_id)
), action AS (
    INSERT INTO cention.errand_action AS a (workspace, action_id, errand_id, note, origin, happened_at, fetched_at)
    SELECT DISTINCT ON (action_id) %(workspace)s, action_id, errand_id, note, origin, happened_at, fetched_at
    FROM current, jsonb_to_recordset(current.actions)
        AS x (action_id bigint, note text, origin text, happened_at timestamptz)
    ORDER BY action_id, fetched_at DESC, errand_id
    ON CONFLICT (workspace, action_id) DO UPDATE SET
        errand_id = EXCLUDED.errand_id, note = EXCLUDED.note, origin = EXCLUDED.origin,
        happened_at = EXCLUDED.happened_at, fetched_at = EXCLUDED.fetched_at
    WHERE a.fetched_at <= EXCLUDED.fetched_at
      AND (a.errand_id, a.note, a.origin, a.happened_at)
          IS DISTINCT FROM (EXCLUDED.errand_id, EXCLUDED.note, EXCLUDED.origin, EXCLUDED.happened_at)
), report_tag AS (
    SELECT DISTINCT errand_id, tag_id, fetched_at
    FROM current, jsonb_to_recordset(current.tags) AS x (tag_id bigint)
), untagged AS (
    DELETE FROM cention.errand_tag AS t USING current
    WHERE t.workspace = %(workspace)s AND t.errand_id = current.errand_id
      AND jsonb_typeof(current.tags) = 'array'
      AND NOT EXISTS (SELECT FROM report_tag AS s WHERE (s.errand_id, s.tag_id) = (t.errand_id, t.tag_id))
), tagged AS (
    INSERT INTO cention.errand_tag AS t (workspace, errand_id, tag_id, fetched_at)
    SELECT %(workspace)s, errand_id, tag_id, fetched_at FROM report_tag ORDER BY errand_id, tag_id
    ON CONFLICT (workspace, errand_id, tag_id) DO UPDATE SET fetched_at = EXCLUDED.fetched_at
), report_recipient AS (
    SELECT errand_id, kind, position, address, fetched_at
    FROM current,
        LATERAL (VALUES ('to', to_addresses), ('copy', copy_addresses)) AS l (kind, addresses),
        jsonb_array_elements_text(l.addresses) WITH ORDINALITY AS x (address, position)
), unaddressed AS (
    DELETE FROM cention.errand_recipient AS t
    USING current, LATERAL (
        SELECT kind, position FROM cention.errand_recipient AS r
        WHERE r.workspace = %(workspace)s AND r.errand_id = current.errand_id
          AND r.position > jsonb_array_length(
              CASE r.kind WHEN 'to' THEN current.to_addresses ELSE current.copy_addresses END
          )
        OFFSET 0  -- so that it is looked up by errand, whatever the planner believes
    ) AS r
    WHERE (t.workspace, t.errand_id, t.kind, t.position)
          = (%(workspace)s, current.errand_id, r.kind, r.position)
)
INSERT INTO cention.errand_recipient AS t (workspace, errand_id, kind, position, address, fetched_at)
SELECT %(workspace)s, errand_id, kind, position, address, fetched_at
FROM report_recipient ORDER BY errand_id, kind, position
ON CONFLICT (workspace, errand_id, kind, position) DO UPDATE
SET address = EXCLUDED.address, fetched_at = EXCLUDED.fetched_at;

-- name: save_names
-- Write names into {table}, where each {id} has one; an unchanged name is not written again.
INSERT INTO {table} AS old (workspace, {id}, name, fetched_at)
SELECT %(workspace)s, id, name, fetched_at
FROM unnest(%(ids)s::bigint[], %(names)s::text[], %(fetched_at)s::timestamptz[]) AS new (id, name, fetched_at)
WHERE NOT EXISTS (
    SELECT FROM {table} AS known
    WHERE (known.workspace, known.{id}, known.name) = (%(workspace)s, new.id, new.name)
)
ORDER BY id
ON CONFLICT (workspace, {id}) DO UPDATE SET name = EXCLUDED.name, fetched_at = EXCLUDED.fetched_at
WHERE old.fetched_at <= EXCLUDED.fetched_at;

-- name: mark_errands_gone
-- Mark errands as gone; what was last reported stays.
INSERT INTO cention.errand AS e (workspace, errand_id, gone_at, fetched_at)
SELECT %(workspace)s, errand_id, %(at)s, %(at)s FROM unnest(%(ids)s::bigint[]) AS gone (errand_id)
ORDER BY errand_id
ON CONFLICT (workspace, errand_id) DO UPDATE
SET gone_at = coalesce(e.gone_at, EXCLUDED.gone_at), fetched_at = EXCLUDED.fetched_at, sla_pending = false
WHERE e.fetched_at <= EXCLUDED.fetched_at;

-- name: recently_gone_errands
-- Those of these errands that were gone when last fetched, so recently that they need no fetch yet: they
-- wait for as long as they had been gone then, within bounds.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND errand_id = ANY (%(ids)s::bigint[]) AND gone_at IS NOT NULL
  AND now() BETWEEN fetched_at AND fetched_at + least(
      greatest(fetched_at - gone_at, make_interval(secs => %(min_s)s)),
      make_interval(secs => %(max_s)s)
  );

-- name: open_errands
-- Every errand of a workspace that is neither closed nor gone.
SELECT errand_id FROM cention.errand
WHERE workspace = %(workspace)s AND closed IS NOT TRUE AND gone_at IS NULL
ORDER BY errand_id;
