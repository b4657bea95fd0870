-- Whether this database is the one that wrote last, for surveys, weekly reports and beat.
CREATE OR REPLACE VIEW intake.restore_state AS
SELECT here.system_identifier, here.timeline, here.relation,
       (mark.system_identifier, mark.timeline, mark.relation) <> (here.system_identifier, here.timeline, here.relation) AS restored
FROM feedback.restore_mark AS mark
CROSS JOIN LATERAL (
    -- A standby that was promoted has the new timeline in the place where a recovery ends until its next checkpoint, minutes later.
    SELECT server.system_identifier, greatest(point.timeline_id, recovery.min_recovery_end_timeline) AS timeline, mark.tableoid AS relation
    FROM pg_control_system() AS server, pg_control_checkpoint() AS point, pg_control_recovery() AS recovery
) AS here;
COMMENT ON VIEW intake.restore_state IS 'Which database this is, and whether another one wrote last (feedback.restore_mark): then it was restored, or is a standby that was promoted.';
COMMENT ON COLUMN intake.restore_state.system_identifier IS 'Identifier of the PostgreSQL server, from pg_control_system.';
COMMENT ON COLUMN intake.restore_state.timeline IS 'Its timeline, from pg_control_checkpoint, or from pg_control_recovery until the first checkpoint of a promoted standby.';
COMMENT ON COLUMN intake.restore_state.relation IS 'Number that Postgres gave to the table feedback.restore_mark.';
COMMENT ON COLUMN intake.restore_state.restored IS 'True until surveys are held and feedback.restore_mark has these values.';
