-- Figures of days and weeks that are kept in tables: how their rows are replaced, and what their columns mean.
CREATE OR REPLACE FUNCTION intake.replace_days(kept text, of_workspace text, days date[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    period text;
    one date;
BEGIN
    SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum), max(a.attname) FILTER (WHERE a.attname IN ('day', 'week'))
    INTO columns, period
    FROM pg_attribute AS a
    WHERE a.attrelid = format('intake.%I', kept)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '';
    -- One after the other: each is found by index.
    FOREACH one IN ARRAY days LOOP
        EXECUTE format(
            $query$
            WITH computed AS MATERIALIZED (
                SELECT %1$s FROM intake.%3$I WHERE workspace = $1 AND %4$s
            ), known AS MATERIALIZED (
                SELECT %1$s FROM intake.%2$I WHERE workspace = $1 AND %4$s
            ), changed AS MATERIALIZED (
                SELECT FROM ((TABLE computed EXCEPT ALL TABLE known) UNION ALL (TABLE known EXCEPT ALL TABLE computed)) AS x
                LIMIT 1
            ), deleted AS (
                DELETE FROM intake.%2$I WHERE workspace = $1 AND %4$s AND EXISTS (SELECT FROM changed)
            )
            INSERT INTO intake.%2$I (%1$s) SELECT * FROM computed WHERE EXISTS (SELECT FROM changed)
            $query$,
            columns, kept, kept || '_computed',
            CASE WHEN one = '-infinity' THEN format('%I IS NULL', period) ELSE format('%I = %L::date', period, one) END
        ) USING of_workspace;
    END LOOP;
END $$;
COMMENT ON FUNCTION intake.replace_days IS 'Compute the rows of days, or of weeks by their Mondays, and replace those of each that has changed in its table. -infinity is for errands whose arrival is not known.';

-- A column means the same in the view for analysts, where it is computed, and in the table that keeps it.
DO $do$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT c.oid::regclass AS name, c.relkind, v.oid AS view
        FROM pg_class AS v
        JOIN pg_class AS c
            ON c.relname IN (v.relname, v.relname || '_computed') AND c.relnamespace = 'intake'::regnamespace
        WHERE v.relnamespace = 'analyst'::regnamespace AND v.relname IN (
            'agent_day', 'area_day', 'tag_day', 'response_time_day', 'sla_day', 'channel_day', 'tag_trend_week',
            'agent_shift'
        ) AND c.relkind IN ('r', 'v')
    LOOP
        EXECUTE format(
            'COMMENT ON %s %s IS %L', CASE one.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END, one.name,
            format(
                'Rows of %s without names, %s.', one.view::regclass,
                CASE one.relkind WHEN 'r' THEN 'as they were computed last' ELSE 'as they are computed' END
            )
        );
        EXECUTE (
            SELECT string_agg(
                format(
                    'COMMENT ON COLUMN %s.%I IS %L', one.name, a.attname,
                    CASE a.attname WHEN 'row_id' THEN 'Number of the row.' ELSE col_description(one.view, b.attnum) END
                ), '; '
            )
            FROM pg_attribute AS a
            -- What the view does not have is explained where the table is created.
            LEFT JOIN pg_attribute AS b ON b.attrelid = one.view AND b.attname = a.attname
            WHERE a.attrelid = one.name AND a.attnum > 0 AND NOT a.attisdropped
              AND (a.attname = 'row_id' OR b.attname IS NOT NULL)
        );
    END LOOP;
END
$do$;
