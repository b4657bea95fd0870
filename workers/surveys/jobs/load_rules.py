"""Loads a rules file: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from schemas.surveys.questions import missing_texts
from schemas.surveys.rules import RulesError, RulesFile, read_rules
from schemas.surveys.theme import MAX_LOGO_BYTES
from schemas.text.toml_mistakes import MistakesError, decode
from workers.surveys.store import survey_rules

MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What loading a rules file changed, or would change."""

    version: int
    is_new: bool  # False: it is the file in force
    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]
    notes: Sequence[str]  # sentences about texts that are missing


def read_file(path: Path, *, can_create_errands: bool) -> RulesFile:
    """Read a rules file, and the logo it names. Raises ``RulesError`` or ``OSError``."""
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    try:
        text = decode(content, max_bytes=MAX_FILE_BYTES)
    except MistakesError as error:
        raise RulesError(error.mistakes) from None
    return read_rules(
        text,
        read_file=lambda name: _read_logo(path.parent / name),
        can_create_errands=can_create_errands,
    )


def load(conn: Connection[Any], workspace: str, file: RulesFile, *, dry_run: bool) -> LoadResult:
    """Save a rules file as a new version, unless it is the one in force.

    Rules that are on stay on; new ones are off. With ``dry_run`` nothing is written.
    """
    rules = _documents(file)
    with conn.transaction():
        survey_rules.lock(conn, workspace)
        newest = survey_rules.newest(conn, workspace)
        before = {state.name: state.sha256 for state in survey_rules.states(conn, workspace)}
        is_new = newest is None or newest.sha256 != survey_rules.digest(file.document)
        version = newest.version if newest else 0
        if is_new and not dry_run:
            version = survey_rules.save(conn, workspace, file.document, rules)
        elif is_new:
            version += 1
    after = {name: survey_rules.digest(document) for name, document in rules.items()}
    return LoadResult(
        version=version,
        is_new=is_new,
        added=[name for name in after if name not in before],
        changed=[name for name in after if before.get(name, after[name]) != after[name]],
        removed=[name for name in before if name not in after],
        notes=list(missing_texts(file.pages)),
    )


def _documents(file: RulesFile) -> dict[str, Mapping[str, Any]]:
    return {rule["name"]: rule for rule in file.document.get("rule", ())}


def _read_logo(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_LOGO_BYTES + 1)
