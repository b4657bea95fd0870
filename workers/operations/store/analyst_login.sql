-- name: create
-- Create the role with which BI tools read, unless it exists.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'analyst') THEN
        CREATE ROLE analyst LOGIN IN ROLE cention_analyst;
    END IF;
END
$$;

-- name: set_password
-- Set its password.
ALTER ROLE analyst PASSWORD {password};

-- name: limit_statements
-- End a query that takes longer than ten minutes. Settings of a group do not apply to its members.
ALTER ROLE analyst SET statement_timeout = '10min';
