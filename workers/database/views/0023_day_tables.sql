-- Figures of days and weeks that are kept in tables: how their rows are replaced, and what their columns mean.
CREATE OR REPLACE FUNCTION intake.replace_days(kept text, of_workspace text, days date[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    computed_values text;
    kept_values text;
    period text;
    known_days date[] := array_remove(days, '-infinity');
    condition text;
BEGIN
    SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum),
           string_agg(format('(c.line).%I', a.attname), ', ' ORDER BY a.attnum),
           string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum),
           max(a.attname) FILTER (WHERE a.attname IN ('day', 'week'))
    INTO columns, computed_values, kept_values, period
    FROM pg_attribute AS a
    WHERE a.attrelid = format('intake.%I', kept || '_computed')::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    -- All days by one statement: to plan it takes longer than to compute a day. A row type compares nulls as equal.
    FOREACH condition IN ARRAY ARRAY[
        CASE WHEN cardinality(known_days) > 0 THEN format('%I = ANY ($2)', period) END,
        CASE WHEN '-infinity' = ANY (days) THEN format('%I IS NULL', period) END
    ] LOOP
        CONTINUE WHEN condition IS NULL;
        EXECUTE format(
            $query$
            WITH computed AS MATERIALIZED (
                SELECT c AS line FROM intake.%3$I AS c WHERE workspace = $1 AND %4$s
            ), known AS MATERIALIZED (
                SELECT row_id, ROW(%6$s)::intake.%3$I AS line FROM intake.%2$I AS t WHERE workspace = $1 AND %4$s
            ), deleted AS (
                DELETE FROM intake.%2$I AS t USING known AS k
                WHERE t.workspace = $1 AND t.row_id = k.row_id
                  AND NOT EXISTS (SELECT FROM computed AS c WHERE c.line = k.line)
            )
            INSERT INTO intake.%2$I (%1$s)
            SELECT %5$s FROM computed AS c WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.line = c.line)
            $query$,
            columns, kept, kept || '_computed', condition, computed_values, kept_values
        ) USING of_workspace, known_days;
    END LOOP;
END $$;
COMMENT ON FUNCTION intake.replace_days IS 'Compute the rows of days, or of weeks by their Mondays, and replace those in its table that differ. -infinity is for errands whose arrival is not known.';

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
            'summary_day', 'agent_shift'
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
