-- name: lock
-- Wait for any other load of the workspace, until the end of the transaction.
SELECT workspace FROM cention.workspace WHERE workspace = %(workspace)s FOR UPDATE;

-- name: areas
-- Areas with their names.
SELECT area_id, name FROM cention.area WHERE workspace = %(workspace)s ORDER BY area_id;

-- name: openings
-- Opening hours, in the order of their file.
SELECT h.position, h.area_id, a.name AS area_name, h.weekday, h.from_minute, h.to_minute
FROM cention.opening_hours AS h
LEFT JOIN cention.area AS a USING (workspace, area_id)
WHERE h.workspace = %(workspace)s
ORDER BY h.position;

-- name: holidays
-- Holidays by date.
SELECT h.area_id, a.name AS area_name, h.date, h.name
FROM cention.holiday AS h
LEFT JOIN cention.area AS a USING (workspace, area_id)
WHERE h.workspace = %(workspace)s
ORDER BY h.date, h.position;

-- name: delete_openings
-- Delete the opening hours of a workspace.
DELETE FROM cention.opening_hours WHERE workspace = %(workspace)s;

-- name: delete_holidays
-- Delete the holidays of a workspace.
DELETE FROM cention.holiday WHERE workspace = %(workspace)s;

-- name: insert_openings
-- Insert opening hours, numbered in the order of the list.
INSERT INTO cention.opening_hours (workspace, position, area_id, weekday, from_minute, to_minute)
SELECT %(workspace)s, r.position, r.area_id, r.weekday, r.from_minute, r.to_minute
FROM ROWS FROM (
    jsonb_to_recordset(%(openings)s::jsonb)
        AS (area_id bigint, weekday smallint, from_minute smallint, to_minute smallint)
) WITH ORDINALITY AS r (area_id, weekday, from_minute, to_minute, position);

-- name: insert_holidays
-- Insert holidays, numbered in the order of the list.
INSERT INTO cention.holiday (workspace, position, area_id, date, name)
SELECT %(workspace)s, r.position, r.area_id, r.date, r.name
FROM ROWS FROM (
    jsonb_to_recordset(%(holidays)s::jsonb) AS (area_id bigint, date date, name text)
) WITH ORDINALITY AS r (area_id, date, name, position);
