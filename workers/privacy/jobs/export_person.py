"""All stored data about one person, as one document."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers.database import Connection
from workers.privacy.jobs import find_in_spool, find_person
from workers.privacy.jobs.data_subject import DataSubject
from workers.privacy.jobs.find_in_spool import SpooledMatch
from workers.privacy.jobs.find_person import Progress
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.store import erased, person_rows, text_scan
from workers.privacy.store.erased import Key
from workers.spool import record

Rows = dict[str, dict[str, dict[str, Any]]]
"""Rows by table and by content."""

HEX = "\\x"  # prefix of bytea in JSON from Postgres


def export(
    conn: Connection, subject: DataSubject, *, contents: bool, progress: Progress
) -> dict[str, Any]:
    """Return every row about a person, by table, and the callbacks in the spool.

    These are rows of the person's own errands and ratings, and rows of any table that mention the
    address; with ``contents``, attachments include their content in base64. Read-only. ``conn`` is
    in autocommit mode.
    """
    person = PersonMatcher(subject.address, number=subject.number)
    errands = set(erased.errands_of(conn, person.spellings))
    spooled = [record.to_json(match.callback) for match in _spooled(subject.spool, person, errands)]
    found: Rows = {}
    if person.address:
        errands |= _add_matches(conn, person, found, progress)
    for name, row in person_rows.of_errands(conn, errands):
        _add(found, name, row)
    for name, row in person_rows.of_ratings(conn, erased.ratings_of(conn, subject.reviewers)):
        _add(found, name, row)
    if contents:
        for row in found.get("cention.attachment", {}).values():
            row["content_base64"] = _content(conn, row["sha256"])
    return {
        "address": person.address,
        "reviewers": list(subject.reviewers),
        "exported_at": datetime.now(UTC),
        "tables": {name: list(rows.values()) for name, rows in sorted(found.items())},
        "spool": spooled,
    }


def _add_matches(
    conn: Connection, person: PersonMatcher, found: Rows, progress: Progress
) -> set[Key]:
    """Add the rows that mention the person; return the errands they belong to."""
    errands: set[Key] = set()
    for table in find_person.documents_first(text_scan.searchable_tables(conn)):
        for matches in find_person.scan_table(conn, table, person, progress=progress, lock=False):
            for one in matches:
                if one.mentions_address:
                    _add(found, table.name, one.row.row)
                if one.errand:
                    errands.add(one.errand)
    return errands


def _add(found: Rows, table: str, row: dict[str, Any]) -> None:
    found.setdefault(table, {})[json.dumps(row, sort_keys=True)] = row


def _spooled(
    folder: Path | None, person: PersonMatcher, errands: set[Key]
) -> Iterator[SpooledMatch]:
    return iter(()) if folder is None else find_in_spool.find(folder, person, errands, [])


def _content(conn: Connection, sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    content = person_rows.content(conn, bytes.fromhex(sha256.removeprefix(HEX)))
    return None if content is None else base64.b64encode(content).decode()
