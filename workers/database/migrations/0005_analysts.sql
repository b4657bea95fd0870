-- Rights to read: analysts read the tables of facts, not those of operation.
CREATE SCHEMA analyst;
CREATE SCHEMA feedback;
COMMENT ON SCHEMA analyst IS 'Views for analysts, made anew with each release.';
COMMENT ON SCHEMA feedback IS 'Survey invitations and their answers.';

DO $$
BEGIN
    -- Roles belong to the whole server: another database of it may have made this one already.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cention_analyst') THEN
        CREATE ROLE cention_analyst NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA cention, analyst, feedback TO cention_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA cention TO cention_analyst;
ALTER DEFAULT PRIVILEGES IN SCHEMA cention, analyst, feedback GRANT SELECT ON TABLES TO cention_analyst;
