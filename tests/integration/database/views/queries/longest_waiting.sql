-- Which errands wait longest for their answer right now, and with whom?
SELECT display_id,
       coalesce(area_name, '(no area)') AS area,
       coalesce(agent_name, '(nobody)') AS agent,
       left(subject, 40) AS subject,
       tags_text AS tags,
       date_trunc('minute', now() - arrived_at) AS waiting
FROM analyst.errand_overview
WHERE state = 'open'
ORDER BY arrived_at, errand_id
LIMIT 10;
