-- A figure means the same in every view by day: there it has the comment of intake.day_figures.
DO $$
DECLARE
    figure record;
BEGIN
    FOR figure IN
        SELECT twin.attrelid::regclass AS view, ground.attname AS name,
               col_description(ground.attrelid, ground.attnum) AS comment
        FROM pg_attribute AS ground
        JOIN pg_attribute AS twin USING (attname)
        WHERE ground.attrelid = 'intake.day_figures'::regclass
          AND twin.attrelid IN ('analyst.agent_day'::regclass, 'analyst.area_day'::regclass, 'analyst.tag_day'::regclass)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', figure.view, figure.name, figure.comment);
    END LOOP;
END
$$;
