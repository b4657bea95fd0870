"""Migrates the database to this version and these settings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from workers.config.names import Mirror
from workers.config.settings import Settings
from workers.database import Connection, connections, error_messages, workspaces
from workers.database import migrate as migrations
from workers.database.workspaces import MovedWorkspace
from workers.mirrors.rules import enabled as rules
from workers.mirrors.store import mirrors
from workers.surveys.store import person_keys

WAIT_S = 30.0  # for the database
RETRY_EVERY_S = 0.2
NO_FIGURES = (
    "The role cention_figures is missing, and this role may not create it; all else is done. "
    "To use it, run as a superuser: CREATE ROLE cention_figures NOLOGIN, then: cention migrate"
)


class WorkspaceMoved(Exception):
    """The settings name other servers than the stored rows are from."""

    def __init__(self, moved: Sequence[MovedWorkspace]) -> None:
        super().__init__("\n".join(map(str, moved)))


def migrate(settings: Settings, *, wait_s: float = WAIT_S) -> list[str]:
    """Apply migrations; write the configured workspaces and mirrors; return a line for each change,
    and one if the role of figures is missing.

    Waits up to ``wait_s`` seconds for the database. Concurrent migrations run one after another.
    Raises ``WorkspaceMoved``, and then no setting is stored, or ``psycopg.Error``;
    ``error_messages.describe`` puts that into words.
    """
    every_s = rules.intervals(settings.mirror_every_s, settings.workspaces)
    timezones = {each.name: each.timezone.key for each in settings.workspaces}
    with _connect(settings.database_url, wait_s) as conn:
        applied = migrations.migrate(conn)
        if moved := workspaces.moved(conn, settings.workspaces):
            conn.commit()  # the migrations are applied all the same
            raise WorkspaceMoved(moved)
        written = workspaces.save(conn, settings.workspaces, poll_every_s=settings.poll_every_s)
        enabled, disabled = mirrors.save(conn, every_s)
        person_keys.create_missing(conn, timezones)
        has_figures = migrations.has_figures(conn)
    return [
        *(f"applied {name}" for name in applied),
        *(
            f"workspace {name}: time zone {timezones[name]}, polled every {settings.poll_every_s} s"
            for name in written
        ),
        *(
            f"{name} {each}: refreshed every {every_s[name, Mirror(each)]} s"
            for name, each in enabled
        ),
        *(f"{name} {each}: no longer refreshed" for name, each in disabled),
        *(() if has_figures else (NO_FIGURES,)),
    ]


def _connect(database_url: str, wait_s: float) -> Connection:
    ends_at = time.monotonic() + wait_s
    while True:
        try:
            return connections.connect(database_url)
        except psycopg.OperationalError as error:
            if time.monotonic() > ends_at or not error_messages.is_transient(error):
                raise
        time.sleep(RETRY_EVERY_S)
