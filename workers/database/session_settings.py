"""Settings of every session with Postgres, whatever the role, the database or the user has set."""

from __future__ import annotations

import os
from typing import Any

from psycopg import conninfo

# The driver and our statements rely on these notations and on this isolation.
SETTINGS = (
    "DateStyle=ISO",
    "IntervalStyle=postgres",
    "bytea_output=hex",
    "extra_float_digits=1",
    r"default_transaction_isolation=read\ committed",
)


def keywords(database_url: str, *settings: str) -> dict[str, Any]:
    """Return the arguments of a connection for ``SETTINGS`` and more, each ``name=value``.

    ``options`` of the URL, or else PGOPTIONS, stay in force where they set something else, such as
    a role. Raises ``psycopg.ProgrammingError`` if the URL is not one.
    """
    given = conninfo.conninfo_to_dict(database_url).get("options")
    options = [str(given or os.environ.get("PGOPTIONS", ""))]
    options += [f"-c {setting}" for setting in (*SETTINGS, *settings)]
    return {"client_encoding": "UTF8", "options": " ".join(filter(None, options))}
