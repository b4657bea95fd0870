"""Permanent errors, where the record is at fault, and transient ones, where the database is."""

from __future__ import annotations

import psycopg

# "Program limit exceeded": an OperationalError to psycopg, but the value is at fault.
LIMITS = "54"


def is_permanent(error: Exception) -> bool:
    """Return whether writing the same record again would fail again.

    False if the database is down, busy or reports a conflict: the record is not at fault.
    """
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return (error.sqlstate or "").startswith(LIMITS)
    return True


def name(error: Exception) -> str:
    """Return the type and SQLSTATE of an error, without its text, which may quote the record."""
    sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__} {sqlstate or ''}".rstrip()


def describe(error: Exception) -> str:
    """Return why a record cannot be stored."""
    return f"cannot be stored: {name(error)}"
