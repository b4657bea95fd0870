"""Bringing the database up to date with this version and these settings."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import Connection

from workers.settings import Settings
from workers.store import migrate as migrations
from workers.store import outages, sessions, workspaces

WAIT_S = 30.0  # for the database
LOOK_EVERY_S = 0.2


def migrate(settings: Settings, *, wait_s: float = WAIT_S) -> list[str]:
    """Apply migrations and write the configured workspaces; return a line for each thing done.

    Waits up to ``wait_s`` seconds for the database. Several at once wait for one another.
    Raises ``psycopg.Error``; ``outages.told`` puts it into words.
    """
    timezones = {each.name: each.timezone.key for each in settings.workspaces}
    with _connect(settings.database_url, wait_s) as conn:
        applied = migrations.migrate(conn)
        written = workspaces.save(conn, timezones)
    return [
        *(f"applied {name}" for name in applied),
        *(f"workspace {name}: time zone {timezones[name]}" for name in written),
    ]


def _connect(database_url: str, wait_s: float) -> Connection[Any]:
    ends_at = time.monotonic() + wait_s
    while True:
        try:
            return sessions.connect(database_url)
        except psycopg.OperationalError as error:
            if time.monotonic() > ends_at or not outages.may_pass(error):
                raise
        time.sleep(LOOK_EVERY_S)
