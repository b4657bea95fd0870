-- Mirrors that are refreshed on a schedule, and how often: shows which are late.
CREATE TABLE intake.mirror (
    workspace text NOT NULL,
    mirror    text NOT NULL,
    every_s   integer NOT NULL,
    PRIMARY KEY (workspace, mirror)
);
COMMENT ON TABLE intake.mirror IS 'Pictures of Cention that are renewed on a schedule, as the settings say; written by cention migrate.';
COMMENT ON COLUMN intake.mirror.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.mirror.mirror IS 'library, agent_logons or exports.';
COMMENT ON COLUMN intake.mirror.every_s IS 'Seconds between two renewals.';
COMMENT ON TABLE intake.poll IS 'Looks at Cention''s lists of changed records, and renewals of mirrored pictures; kept for a week.';
COMMENT ON COLUMN intake.poll.family IS 'Whose list: errand_reports or facebook_ratings; or which picture: library, agent_logons or exports.';
COMMENT ON COLUMN intake.poll.found IS 'How many ids it named, or how many records it brought; null if it failed.';
