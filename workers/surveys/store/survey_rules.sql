-- name: newest_rules_file
-- The rules file in force; no row if none was loaded.
SELECT version, document, sha256, loaded_at FROM feedback.rules_file
WHERE workspace = %(workspace)s ORDER BY version DESC LIMIT 1;

-- name: rules_file
-- A version of the rules file; no row if there is none.
SELECT version, document, sha256, loaded_at FROM feedback.rules_file
WHERE (workspace, version) = (%(workspace)s, %(version)s);

-- name: lock_rules
-- Wait until no other transaction changes the rules of this workspace.
SELECT pg_advisory_xact_lock(hashtextextended('surveys/rules/' || %(workspace)s, 0));

-- name: save_rules_file
-- Save a rules file under the next version, and return it.
INSERT INTO feedback.rules_file (workspace, version, document, sha256)
SELECT %(workspace)s, coalesce(max(version), 0) + 1, %(document)s::jsonb, %(sha256)s
FROM feedback.rules_file WHERE workspace = %(workspace)s
RETURNING version;

-- name: save_rules
-- Save the rules of a version, all of them off.
INSERT INTO feedback.rule (workspace, name, version, document, sha256)
SELECT %(workspace)s, name, %(version)s, document::jsonb, sha256
FROM unnest(%(names)s::text[], %(documents)s::text[], %(digests)s::bytea[]) AS new (name, document, sha256);

-- name: switch_off_earlier
-- Switch off the rules of earlier versions, before those of a new one are saved.
UPDATE feedback.rule SET off_at = now()
WHERE workspace = %(workspace)s AND on_from IS NOT NULL AND off_at IS NULL;

-- name: carry_on
-- Switch on the rules of a new version that were on in the version before, which was switched off just now, from when
-- they were.
UPDATE feedback.rule AS new SET on_from = old.on_from
FROM feedback.rule AS old
WHERE (new.workspace, new.version) = (%(workspace)s, %(version)s)
  AND (old.workspace, old.name) = (new.workspace, new.name)
  AND old.off_at = now();

-- name: rule_states
-- The rules of the file in force, and since when each is on.
SELECT name, version, sha256, loaded_at, CASE WHEN off_at IS NULL THEN on_from END AS on_from
FROM feedback.rule
WHERE workspace = %(workspace)s AND version = (
    SELECT max(version) FROM feedback.rules_file WHERE workspace = %(workspace)s
)
ORDER BY name;

-- name: switch_on
-- Switch a rule of the file in force on, from now. No row if it was on.
UPDATE feedback.rule SET on_from = now(), off_at = NULL
WHERE (workspace, name) = (%(workspace)s, %(name)s) AND version = (
    SELECT max(version) FROM feedback.rules_file WHERE workspace = %(workspace)s
) AND (on_from IS NULL OR off_at IS NOT NULL)
RETURNING name;

-- name: switch_off
-- Switch a rule off. No row if it was not on.
UPDATE feedback.rule SET off_at = now()
WHERE (workspace, name) = (%(workspace)s, %(name)s) AND on_from IS NOT NULL AND off_at IS NULL
RETURNING name;

-- name: begin_now
-- Have the rules that are on be on from now.
UPDATE feedback.rule SET on_from = now()
WHERE workspace = %(workspace)s AND on_from IS NOT NULL AND off_at IS NULL;
