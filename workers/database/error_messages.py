"""Messages for database errors, without a password and without text that may contain one."""

from __future__ import annotations

import re
from urllib.parse import unquote

import psycopg
from psycopg import conninfo, errors

from workers.database import migrate, permanent_errors
from workers.database.encoding import WrongEncoding

_PLAIN = re.compile(r"[\w./:-]+")
# libpq gives the reason of a failed connection only as text.
_REASONS = (
    ("password authentication failed", "it rejects the password"),
    ("no password supplied", "it asks for a password"),
    ("no pg_hba.conf entry", "its pg_hba.conf does not allow this connection"),
    ("role", "it has no such role"),
    ("database", "it has no such database"),
    ("connection refused", "nothing listens there"),
    ("no such file or directory", "nothing listens there"),
    ("failed to resolve host", "there is no such host"),
    ("could not translate host name", "there is no such host"),
    ("timeout expired", "it does not answer"),
    ("too many clients", "it has no connection left"),
    ("connection slots", "it has no connection left"),
    ("starting up", "it is starting"),
    ("shutting down", "it is shutting down"),
)
_NEEDS_HELP = ("it rejects the password", "it asks for a password", "its pg_hba.conf")
_NOT_MIGRATED = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedObject,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
)


def safe_location(database_url: str) -> str:
    """Return ``host:port/database``, or ``DATABASE_URL`` if that may contain part of a password.

    libpq reads what follows an unescaped "@" or "/" in a password as host or database name.
    """
    try:
        found = conninfo.conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        return "DATABASE_URL"
    host = str(found.get("host") or found.get("hostaddr") or "localhost")
    port = f":{found['port']}" if "port" in found and not host.startswith("/") else ""
    shown = f"{unquote(host)}{port}/{found.get('dbname', '')}"
    authority = database_url.partition("://")[2]
    torn = authority.count("@") > 1 or "@" in authority.partition("/")[2]
    return shown if _PLAIN.fullmatch(shown) and not torn else "DATABASE_URL"


def reason(error: psycopg.Error) -> str:
    """Return why a connection could not be made, or was lost."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return "its address is not one that PostgreSQL understands"
    said = str(error).lower()
    known = (why for sign, why in _REASONS if sign in said)
    return next(known, "the connection was lost or could not be made")


def is_transient(error: psycopg.OperationalError) -> bool:
    """Return whether the error may go away without anyone's help."""
    return not reason(error).startswith(_NEEDS_HELP)


def describe(error: psycopg.Error, database_url: str) -> str:
    """Return two sentences: what is wrong with the database, and what to do."""
    where = safe_location(database_url)
    if isinstance(error, _NOT_MIGRATED):
        return f"The database at {where} is not up to date. Run: cention migrate"
    if isinstance(error, WrongEncoding):
        return (
            f"The database at {where} is in the encoding {error}, which lacks characters. "
            "Create another with ENCODING 'UTF8' TEMPLATE template0, and move data with pg_dump."
        )
    if (error.sqlstate or "").startswith(permanent_errors.LIMITS):
        return "A value is too long for the database. Shorten it."
    if isinstance(error, errors.DiskFull):
        return f"The database at {where} has no disk space left. Free some."
    if isinstance(error, migrate.NoAnalysts):
        return (
            f"The server of {where} lacks the role of analysts, and this role may not create it. "
            "Run once, as a superuser: CREATE ROLE cention_analyst NOLOGIN"
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            f"The database at {where} does not allow this role to do it. "
            "Use the role that migrated it, or grant its rights."
        )
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled | errors.DeadlockDetected):
        return f"The database at {where} was too busy with other work. Try again."
    if isinstance(error, psycopg.OperationalError) or error.sqlstate is None:
        return (
            f"The database at {where} cannot be used: {reason(error)}. "
            "Check DATABASE_URL, and whether the server runs."
        )
    return (
        f"The database at {where} refused a statement ({type(error).__name__}, {error.sqlstate}). "
        "Is it migrated by this version? Run: cention migrate"
    )
