-- What identifies a row, where no constraint says it, and which rows of other tables it belongs to.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT * FROM (VALUES
            ('backlog_day', 'Key: workspace, day, area_id, agent_id, age_band.'),
            ('errand_metrics', 'Each errand_id is in cention.errand.'),
            ('errand_response', 'Each errand_id is in analyst.errand_metrics.'),
            ('open_span', 'Each errand_id is in analyst.errand_metrics.'),
            ('reopening', 'Each errand_id is in analyst.errand_metrics.'),
            ('repeat_contact', 'Each errand_id is in cention.errand. Each earlier_errand_id is in cention.errand.')
        ) AS v (name, more)
    LOOP
        EXECUTE format(
            'COMMENT ON TABLE analyst.%I IS %L',
            one.name, obj_description(format('analyst.%I', one.name)::regclass, 'pg_class') || ' ' || one.more
        );
    END LOOP;
END
$$;
