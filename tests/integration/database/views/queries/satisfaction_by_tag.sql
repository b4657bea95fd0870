-- Which subjects leave our customers unhappy? Tags of the last 30 days, the worst first; those with a
-- single rating say little, and are left out.
SELECT coalesce(tag_name, '(no tag)') AS tag,
       sum(arrived) AS errands,
       sum(feedback_count) AS ratings,
       round(sum(feedback_count * avg_feedback_value) / sum(feedback_count), 1) AS satisfaction
FROM analyst.tag_day
WHERE day > current_date - 30
GROUP BY tag
HAVING sum(feedback_count) >= 2
ORDER BY satisfaction, tag;
