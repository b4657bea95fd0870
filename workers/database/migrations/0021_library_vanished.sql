-- A whole kind of things that is gone at once counts once two passes in a row say so.
ALTER TABLE intake.library_pass ADD COLUMN vanished text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN intake.library_pass.vanished IS 'Of which kinds (library, category, question) the last pass found none though there were some: they are gone once the next finds the same.';
