"""Rules files as loaded, and which of their rules are on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A version of the rules file."""

    version: int
    document: dict[str, Any] = field(repr=False)
    sha256: bytes
    loaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """A rule of one version, and since when it is on; ``None``: it is off."""

    name: str
    version: int
    sha256: bytes
    loaded_at: datetime
    on_from: datetime | None


def digest(document: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of a document, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).digest()


def newest(conn: Connection[Any], workspace: str) -> StoredFile | None:
    """Return the rules file in force; ``None`` before the first was loaded."""
    with conn.cursor(row_factory=class_row(StoredFile)) as cursor:
        return cursor.execute(SQL["newest_rules_file"], {"workspace": workspace}).fetchone()


def of_version(conn: Connection[Any], workspace: str, version: int) -> StoredFile | None:
    """Return a version of the rules file; ``None`` if there is none."""
    parameters = {"workspace": workspace, "version": version}
    with conn.cursor(row_factory=class_row(StoredFile)) as cursor:
        return cursor.execute(SQL["rules_file"], parameters).fetchone()


def save(
    conn: Connection[Any],
    workspace: str,
    document: Mapping[str, Any],
    rules: Mapping[str, Mapping[str, Any]],
) -> int:
    """Save a new version of the rules file with its rules by name; return its number.

    A rule that was on stays on, from when it was. One that is gone is switched off. The caller
    is in a transaction, and holds its ``lock``.
    """
    parameters = {
        "workspace": workspace,
        "document": orjson.dumps(document).decode(),
        "sha256": digest(document),
        "names": list(rules),
        "documents": [orjson.dumps(rule).decode() for rule in rules.values()],
        "digests": [digest(rule) for rule in rules.values()],
    }
    version = int(conn.execute(SQL["save_rules_file"], parameters).fetchall()[0][0])
    conn.execute(SQL["switch_off_earlier"], parameters)
    conn.execute(SQL["save_rules"], parameters | {"version": version})
    conn.execute(SQL["carry_on"], parameters | {"version": version})
    return version


def lock(conn: Connection[Any], workspace: str) -> None:
    """Wait until no other transaction changes the rules of a workspace."""
    conn.execute(SQL["lock_rules"], {"workspace": workspace})


def states(conn: Connection[Any], workspace: str) -> list[RuleState]:
    """Return the rules of the file in force."""
    with conn.cursor(row_factory=class_row(RuleState)) as cursor:
        return cursor.execute(SQL["rule_states"], {"workspace": workspace}).fetchall()


def switch_on(conn: Connection[Any], workspace: str, name: str) -> bool:
    """Switch a rule of the file in force on, from now; return ``False`` if it was on already.

    The caller is in a transaction: while a file is loaded, it is not known which is in force.
    """
    lock(conn, workspace)
    parameters = {"workspace": workspace, "name": name}
    return bool(conn.execute(SQL["switch_on"], parameters).fetchall())


def begin_now(conn: Connection[Any], workspace: str) -> None:
    """Have the rules that are on invite nobody for what happened before.

    The caller is in a transaction.
    """
    lock(conn, workspace)
    conn.execute(SQL["begin_now"], {"workspace": workspace})


def switch_off(conn: Connection[Any], workspace: str, name: str) -> bool:
    """Switch a rule off; return ``False`` if it was not on. The caller is in a transaction."""
    lock(conn, workspace)
    parameters = {"workspace": workspace, "name": name}
    return bool(conn.execute(SQL["switch_off"], parameters).fetchall())
