"""The connections of the web face."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from psycopg_pool import ConnectionPool

from workers.config.settings import Settings
from workers.database import Connection
from workers.operations.jobs.repairs import Repairs
from workers.web.people import require_person


def settings() -> Settings:
    """Return the settings of the bridge."""
    found: Settings = current_app.config["SETTINGS"]
    return found


@contextmanager
def connection() -> Iterator[Connection]:
    """Yield a connection in autocommit mode. Raises ``psycopg.Error``."""
    pool: ConnectionPool[Connection] = current_app.config["POOL"]
    with pool.connection() as conn:
        yield conn


@contextmanager
def acting() -> Iterator[Repairs]:
    """Yield what the person of the request may do. Raises ``WorkspaceMoved``, ``psycopg.Error``."""
    with connection() as conn:
        repairs = Repairs(conn=conn, settings=settings(), person=require_person().name)
        repairs.check_workspaces()
        yield repairs
