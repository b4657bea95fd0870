"""The encoding of the database: only UTF-8 holds every character that customers write."""

from __future__ import annotations

import psycopg

from workers.database import Connection

NEEDED = "UTF8"


class WrongEncoding(psycopg.NotSupportedError):
    """The database is in another encoding; its name is the argument."""


def check(conn: Connection) -> None:
    """Raise ``WrongEncoding`` unless the database is in UTF-8."""
    encoding = conn.info.parameter_status("server_encoding") or "unknown"
    if encoding != NEEDED:
        raise WrongEncoding(encoding)
