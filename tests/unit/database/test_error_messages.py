"""Why Postgres cannot be used is named by the words of libpq, whatever names are quoted in them."""

from __future__ import annotations

import psycopg
import pytest

from workers.database import error_messages

AT = 'connection failed: connection to server at "database.role.example" (10.0.0.1), port 5432 '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{AT}failed: Connection refused\n\tIs the server running?", "connection was refused"),
        (f"{AT}failed: timeout expired", "does not answer in time"),
        (f"{AT}failed: Connection timed out", "does not answer in time"),
        (f"{AT}failed: No route to host", "no network leads there"),
        (f"{AT}failed: Network is unreachable", "no network leads there"),
        (
            "failed to resolve host 'database.example': [Errno -2] Name or service not known",
            "no such host",
        ),
        (
            'could not translate host name "role.example" to address: Temporary failure in name '
            "resolution",
            "no name server answers",
        ),
        (f"{AT}failed: server does not support SSL, but SSL was required", "it offers no TLS"),
        (f"{AT}failed: SSL error: certificate verify failed", "its certificate"),
        (
            f'{AT}failed: server certificate for "a.example" does not match host name "b.example"',
            "its certificate is for another name",
        ),
        (
            f'{AT}failed: root certificate file "/role/root.crt" does not exist',
            "the file of certificates (sslrootcert)",
        ),
        (f"{AT}failed: SSL error: tlsv1 alert protocol version", "TLS failed"),
        (
            f"{AT}failed: received invalid response to SSL negotiation: H",
            "something else than PostgreSQL",
        ),
        (f"{AT}failed: server closed the connection unexpectedly", "it ended the connection"),
        (
            f'{AT}failed: FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "role", database '
            '"database", no encryption',
            "no connection without TLS",
        ),
        (
            f'{AT}failed: FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "role", database '
            '"database", SSL encryption',
            "its pg_hba.conf does not allow this connection",
        ),
        (f'{AT}failed: FATAL:  password authentication failed for user "database"', "password"),
        (f'{AT}failed: FATAL:  role "database" does not exist', "it has no such role"),
        (f'{AT}failed: FATAL:  database "role" does not exist', "it has no such database"),
        (f"{AT}failed: FATAL:  sorry, too many clients already", "it has no connection left"),
        (f"{AT}failed: FATAL:  the database system is starting up", "it is starting"),
        (f"{AT}failed: FATAL:  the database system is shutting down", "it is shutting down"),
        (f"{AT}failed: FATAL:  the database system is in recovery mode", "it is starting"),
        (
            f"{AT}failed: FATAL:  the database system is not yet accepting connections",
            "it is starting",
        ),
        (f'{AT}failed: FATAL:  permission denied for database "role"', "may not connect to this"),
        (f'{AT}failed: FATAL:  role "database" is not permitted to log in', "may not log in"),
        (
            f"{AT}failed: FATAL:  the role of a database is something new",
            "the connection was lost or could not be made",
        ),
    ],
)
def test_the_reason_is_named_and_no_name_is_taken_for_it(text, words):
    assert words in error_messages.reason(psycopg.OperationalError(text))
