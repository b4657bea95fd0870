-- If all records of a kind vanish at once, they count as gone after two refreshes in a row without them.
ALTER TABLE intake.library_pass ADD COLUMN vanished text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN intake.library_pass.vanished IS 'Of which kinds (library, category, question) the last pass found none though there were some: they are gone once the next finds the same.';
