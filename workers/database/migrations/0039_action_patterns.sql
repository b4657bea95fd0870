-- Patterns by which the notes of actions are classified; operators add more.
CREATE TABLE cention.action_pattern (
    workspace text NOT NULL,
    pattern   text NOT NULL CHECK (pattern <> '' AND pattern NOT LIKE '%\\'),
    kind      text NOT NULL CHECK (kind IN (
        'arrived', 'opened', 'assigned', 'transferred', 'forwarded', 'answered', 'commented', 'tagged', 'rated',
        'closed', 'reopened', 'deleted', 'ignored'
    )),
    PRIMARY KEY (workspace, pattern, kind)
);
COMMENT ON TABLE cention.action_pattern IS 'Which notes of actions mean which kind of event (cention actions patterns). A pattern of the workspace counts before one of all workspaces, a longer one before a shorter one. A note that means several events has several rows of one pattern.';
COMMENT ON COLUMN cention.action_pattern.workspace IS 'Cention workspace, or * for all.';
COMMENT ON COLUMN cention.action_pattern.pattern IS 'What the note is like, in any case: % stands for any text, _ for one character.';
COMMENT ON COLUMN cention.action_pattern.kind IS 'Kind of the event; ignored for notes that are no event.';
INSERT INTO cention.action_pattern (workspace, pattern, kind) VALUES
    ('*', 'Errand % was created by %', 'arrived'),
    ('*', 'Errand % was opened by %', 'opened'),
    ('*', 'Errand % was assigned by %', 'assigned'),
    ('*', 'Errand % was moved to another area by %', 'transferred'),
    ('*', 'Errand % was forwarded to an external expert by %', 'forwarded'),
    ('*', 'Errand % was answered by %', 'answered'),
    ('*', 'Errand % was answered and closed by %', 'answered'),
    ('*', 'Errand % was answered and closed by %', 'closed'),
    ('*', 'Errand % was commented by %', 'commented'),
    ('*', 'Errand % was tagged by %', 'tagged'),
    ('*', 'Errand % was rated by the customer by %', 'rated'),
    ('*', 'Errand % was closed by %', 'closed'),
    ('*', 'Errand % was reopened by %', 'reopened'),
    ('*', 'Errand % was deleted by %', 'deleted');
