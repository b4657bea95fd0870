"""Messages for database errors, without a password and without text that may contain one."""

from __future__ import annotations

import re
from urllib.parse import unquote

import psycopg
from psycopg import conninfo, errors

from schemas.text.printable import escape
from workers.config import connection_errors
from workers.config.secure_urls import ENCODE
from workers.database import migrate, permanent_errors
from workers.database.encoding import WrongEncoding

_PLAIN = re.compile(r"[\w./:-]+")
# libpq gives the reason of a failed connection only as text, in which names are in quotes.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_REASONS = (
    ("temporary failure in name resolution", connection_errors.NO_NAME_SERVER),
    ("failed to resolve host", connection_errors.NO_HOST),
    ("could not translate host name", connection_errors.NO_HOST),
    ("does not match host name", "its certificate is for another name"),
    ("certificate verify failed", "its certificate is expired, or of an unknown authority"),
    ("root certificate file", "the file of certificates (sslrootcert) cannot be read"),
    ("server does not support ssl", "it offers no TLS, and sslmode wants it"),
    ("received invalid response to", "something else than PostgreSQL listens there"),
    ("invalid response to startup", "something else than PostgreSQL listens there"),
    ("requires a valid client certificate", "it wants a client certificate"),
    ("no encryption", "its pg_hba.conf allows no connection without TLS"),
    ("password authentication failed", "it rejects the password"),
    ("no password supplied", "it asks for a password"),
    ("no pg_hba.conf entry", "its pg_hba.conf does not allow this connection"),
    ("peer authentication failed", "its pg_hba.conf does not allow this user"),
    ("too many clients", "it has no connection left"),
    ("connection slots", "it has no connection left"),
    ("too many connections", "it has no connection left"),
    ("starting up", "it is starting"),
    ("recovery mode", "it is starting"),
    ("not yet accepting", "it is starting"),
    ("shutting down", "it is shutting down"),
    ("connection refused", connection_errors.NOBODY_LISTENS),
    ("no such file or directory", connection_errors.NOBODY_LISTENS),
    ("no route to host", connection_errors.NO_ROUTE),
    ("network is unreachable", connection_errors.NO_ROUTE),
    ("timeout expired", connection_errors.NO_ANSWER),
    ("timed out", connection_errors.NO_ANSWER),
    ("ssl error", "TLS failed"),
    ("closed the connection", connection_errors.ENDED),
    ("connection reset", connection_errors.ENDED),
    ("permission denied for database", "its role may not connect to this database"),
    ("not permitted to log in", "its role may not log in"),
)
_MISSING = re.compile(r"(role|database)\s+does not exist")  # once the name in quotes is removed
# What a password that is not percent-encoded leads to.
_ABOUT_THE_URL = ("it rejects the password", "its address is not one")
_NEEDS_HELP = (
    "it rejects the password",
    "it asks for a password",
    "its pg_hba.conf",
    "its certificate",
    "it offers no TLS",
    "it wants a client certificate",
    "the file of certificates",
)
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
    said = _QUOTED.sub("", str(error).lower())
    for sign, why in _REASONS:
        if sign in said:
            return why
    if missing := _MISSING.search(said):
        return f"it has no such {missing[1]}"
    return "the connection was lost or could not be made"


def reason_of_loss(error: Exception) -> str | None:
    """Return why there is no connection, for a log; ``None`` if the server has said something."""
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return reason(error)
    return None


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
    if migration := _of_migration(error, where):
        return migration
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            f"The database at {where} does not allow this role to do it. "
            "Use the role that migrated it, or grant its rights."
        )
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled | errors.DeadlockDetected):
        return f"The database at {where} was too busy with other work. Try again."
    if isinstance(error, psycopg.OperationalError) or error.sqlstate is None:
        why = reason(error)
        hint = f" {ENCODE}" if where == "DATABASE_URL" or why.startswith(_ABOUT_THE_URL) else ""
        return (
            f"The database at {where} cannot be used: {why}. "
            f"Check DATABASE_URL, and whether the server runs.{hint}"
        )
    return (
        f"The database at {where} refused a statement ({type(error).__name__}, {error.sqlstate}). "
        "Is it migrated by this version? Run: cention migrate"
    )


def _of_migration(error: psycopg.Error, where: str) -> str | None:
    """Return ``describe`` of what ends a migration before it changes anything; else ``None``."""
    if isinstance(error, migrate.NewerDatabase):
        return (
            f"The database at {where} is newer than this program, which does not know "
            f"{', '.join(error.args)}. Install the version that migrated it."
        )
    if isinstance(error, migrate.NoAnalysts):
        return (
            f"The server of {where} lacks the role of analysts, and this role may not create it. "
            "Run once, as a superuser: CREATE ROLE cention_analyst NOLOGIN"
        )
    if isinstance(error, migrate.ViewsInTheWay):
        return (
            f"In the database at {where}, views that this version makes again are used by "
            f"{', '.join(map(escape, error.args))}; nothing was changed. Let the owners save the "
            "definitions (pg_dump --schema-only) and drop these views, run: cention migrate, and "
            "let them create the views again."
        )
    return None
