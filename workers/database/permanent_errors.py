"""Telling a record that cannot be stored from a database that is away."""

from __future__ import annotations

import psycopg

# "Program limit exceeded": operational to the library, yet it speaks of the value.
LIMITS = "54"


def is_poison(error: Exception) -> bool:
    """Tell whether writing the same record again would fail again.

    Not if the database is away, busy or in conflict: then nothing is wrong with the record.
    """
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return (error.sqlstate or "").startswith(LIMITS)
    return True


def name(error: Exception) -> str:
    """Name an error without its text, which may quote the record."""
    sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__} {sqlstate or ''}".rstrip()


def problem(error: Exception) -> str:
    """Say why a record cannot be stored."""
    return f"cannot be stored: {name(error)}"
