"""What is held of one person, as one document."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from workers.jobs import looking, spooled_persons
from workers.jobs.looking import Progress
from workers.rules.persons import Person
from workers.store import erased, exported
from workers.store import mentions as texts
from workers.store.erased import Key

HEX = "\\x"  # begins bytes in JSON made by PostgreSQL


def export(
    conn: Connection[Any],
    *,
    address: str,
    reviewers: Sequence[str],
    spool: Path | None,
    contents: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Return every row about the person of an address, and about Facebook reviewers, by table.

    Rows of the person's own errands and ratings, rows of whatever table that mention the address,
    and callbacks in the spool; with ``contents``, attachments have theirs, in base64. Changes
    nothing. ``conn`` is in autocommit mode.
    """
    person = Person(address)
    found: dict[str, dict[str, Any]] = {}
    errands = set(erased.errands_of(conn, person.address)) if person.address else set()
    spooled = _spooled(spool, person, errands)
    for table in looking.ordered(texts.texts(conn)) if person.address else ():
        for sightings in looking.look(conn, table, person, progress=progress, lock=False):
            for one in sightings:
                if one.named:
                    _add(found, table.name, one.found.row)
                if one.errand:
                    errands.add(one.errand)
    for name, row in exported.of_errands(conn, errands):
        _add(found, name, row)
    for name, row in exported.of_ratings(conn, erased.ratings_of(conn, reviewers)):
        _add(found, name, row)
    tables = {name: list(rows.values()) for name, rows in sorted(found.items())}
    if contents:
        for row in tables.get("cention.attachment", ()):
            row["content_base64"] = _content(conn, row["sha256"])
    return {
        "address": person.address,
        "reviewers": list(reviewers),
        "exported_at": datetime.now(UTC),
        "tables": tables,
        "spool": spooled,
    }


def _add(found: dict[str, dict[str, Any]], table: str, row: dict[str, Any]) -> None:
    found.setdefault(table, {})[json.dumps(row, sort_keys=True)] = row


def _spooled(spool: Path | None, person: Person, errands: set[Key]) -> list[dict[str, Any]]:
    if spool is None or not person.address:
        return []
    return [one.content for one in spooled_persons.look(spool, person, errands, [])]


def _content(conn: Connection[Any], sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    content = exported.content(conn, bytes.fromhex(sha256.removeprefix(HEX)))
    return None if content is None else base64.b64encode(content).decode()
