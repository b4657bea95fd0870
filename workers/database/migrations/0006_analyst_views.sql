-- For the views of analysts: indexes of errands by time and of tags, and the interval of polls.
ALTER TABLE cention.workspace ADD COLUMN poll_every_s integer NOT NULL DEFAULT 15 CHECK (poll_every_s > 0);
COMMENT ON COLUMN cention.workspace.poll_every_s IS 'Seconds between looks at the lists of changed records; analyst.freshness judges by it.';

-- Analysts ask for the last days without naming a workspace.
CREATE INDEX errand_arrived_anywhere ON cention.errand (arrived_at);
-- The newest answer, which analyst.freshness compares with the last callback.
CREATE INDEX errand_answered ON cention.errand (workspace, answered_at);
-- A few hundred names on few pages look cheaper to read through than to look up, once for every tag of
-- every errand: spread over more pages they are looked up, which is ten times faster.
ALTER TABLE cention.tag SET (fillfactor = 10);
