-- A figure means the same in every view by day: copy its comment from intake.day_figures.
DO $$
DECLARE
    figure record;
BEGIN
    FOR figure IN
        SELECT figure_column.attrelid::regclass AS view, base_column.attname AS name,
               col_description(base_column.attrelid, base_column.attnum) AS comment
        FROM pg_attribute AS base_column
        JOIN pg_attribute AS figure_column USING (attname)
        WHERE base_column.attrelid = 'intake.day_figures'::regclass
          AND figure_column.attrelid IN (
              'analyst.agent_day'::regclass, 'analyst.area_day'::regclass, 'analyst.tag_day'::regclass
          )
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', figure.view, figure.name, figure.comment);
    END LOOP;
END
$$;
