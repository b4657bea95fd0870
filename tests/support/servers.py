"""The servers of a session of tests."""

from __future__ import annotations

from pathlib import Path

from deploy.embedded import Postgres, Valkey

# Tests of durability start servers of their own.
NO_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_in(folder: Path) -> Postgres:
    return Postgres(folder / "postgres", settings=NO_DURABILITY | {"max_connections": "200"})


def valkey_in(folder: Path) -> Valkey:
    return Valkey(folder / "valkey")
