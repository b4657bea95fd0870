-- A btree cannot hold an address of some thousand characters, and the errand from it could not be recorded.
DROP INDEX cention.sent_errand_writer;
CREATE INDEX sent_errand_writer ON cention.sent_errand USING hash (lower(from_address));
