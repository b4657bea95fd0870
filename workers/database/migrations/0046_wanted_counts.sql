-- How many records are wanted, for status and metrics: reading that reads no large table.
CREATE TABLE intake.wanted_count (
    workspace text NOT NULL,
    family    text NOT NULL,
    count_id  bigint GENERATED ALWAYS AS IDENTITY,
    number    bigint NOT NULL,
    PRIMARY KEY (workspace, family, count_id)
);
COMMENT ON TABLE intake.wanted_count IS 'What was added to the number of wanted records: the sum of number is how many there are. Written by triggers; rows are only inserted, so that no transaction waits for another, and are added up from time to time.';
COMMENT ON COLUMN intake.wanted_count.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.wanted_count.family IS 'Kind of record, as in intake.wanted.';
COMMENT ON COLUMN intake.wanted_count.count_id IS 'Number of the row.';
COMMENT ON COLUMN intake.wanted_count.number IS 'How many; negative for records that left the list.';

-- Argument: 1 for rows that were added, -1 for rows that were removed.
CREATE FUNCTION intake.count_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intake.wanted_count (workspace, family, number)
    SELECT workspace, family, TG_ARGV[0]::bigint * count(*) FROM changed GROUP BY workspace, family;
    RETURN NULL;
END $$;
