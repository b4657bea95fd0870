-- name: add_work
-- Add to counts; rows in the order of their key, so that two workers do not wait for one another in a circle.
INSERT INTO intake.work_count AS old (kind, workspace, name, outcome, number, seconds)
SELECT kind, workspace, name, outcome, number, seconds
FROM unnest(%(kinds)s::text[], %(workspaces)s::text[], %(names)s::text[], %(outcomes)s::text[],
            %(numbers)s::bigint[], %(seconds)s::float8[]) AS new (kind, workspace, name, outcome, number, seconds)
ORDER BY kind, workspace, name, outcome
ON CONFLICT (kind, workspace, name, outcome)
DO UPDATE SET number = old.number + EXCLUDED.number, seconds = old.seconds + EXCLUDED.seconds;

-- name: work
-- Every count.
SELECT kind, workspace, name, outcome, number, seconds FROM intake.work_count
ORDER BY kind, workspace, name, outcome;
