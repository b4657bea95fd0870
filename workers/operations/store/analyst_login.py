"""The read-only role ``analyst``, with which BI tools read an embedded database."""

from __future__ import annotations

from psycopg import sql

from workers.database import Connection, queries

SQL = queries.load(__name__)

ROLE = "analyst"


def save(conn: Connection, password: str) -> None:
    """Create the role unless it exists, and set its password and its limit of time.

    The database must be migrated.
    """
    conn.execute(SQL["create"])
    conn.execute(SQL["limit_statements"])
    # As a verifier, so that the password itself is in no log.
    verifier = conn.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256")
    query = sql.SQL(SQL["set_password"]).format(password=sql.Literal(verifier.decode()))
    conn.execute(query)
