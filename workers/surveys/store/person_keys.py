"""The key of each workspace by which persons are hashed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)

KEY_BYTES = 32


def create_missing(conn: Connection[Any], workspaces: Iterable[str]) -> None:
    """Give a random key to each workspace that has none."""
    names = list(workspaces)
    keys = [secrets.token_bytes(KEY_BYTES) for _ in names]
    conn.execute(SQL["create_person_keys"], {"workspaces": names, "keys": keys})


def read(conn: Connection[Any], workspace: str) -> bytes | None:
    """Return the key of a workspace; ``None`` before ``cention migrate`` has made it."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(SQL["person_key"], {"workspace": workspace}).fetchone()
    return None if found is None else bytes(found)
