"""Sessions with a Postgres that others have set up in their own way."""

from __future__ import annotations

import random
import string

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import run_query
from workers.database import connections, encoding, error_messages
from workers.database.migrate import migrate

ODD_SETTINGS = {
    "client_encoding": "LATIN1",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kolkata",
    "bytea_output": "escape",
    "extra_float_digits": "-10",
    "default_transaction_isolation": "serializable",
}


@pytest.fixture
def odd_role(database):
    """The URL for a role whose settings are not those of a new server."""
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("CREATE ROLE odd LOGIN SUPERUSER")
        for name, value in ODD_SETTINGS.items():
            admin.execute(sql.SQL("ALTER ROLE odd SET {} = {}").format(sql.Identifier(name), value))
        yield psycopg.conninfo.make_conninfo(database, user="odd")
        admin.execute("DROP OWNED BY odd")
        admin.execute("DROP ROLE odd")


def test_the_settings_of_a_role_change_nothing_of_what_is_read_and_written(odd_role):
    with connections.connect(odd_role) as conn:
        row = conn.execute(
            "SELECT '王', interval '1 day 2 hours', timestamptz '2026-02-03 04:05:06Z',"
            " '\\x00ff'::bytea, 0.1::float8 + 0.2::float8,"
            " current_setting('transaction_isolation')"
        ).fetchone()

    assert row is not None
    text, interval, moment, octets, number, isolation = row
    assert (text, interval.total_seconds()) == ("王", 93_600)
    assert moment.isoformat() == "2026-02-03T04:05:06+00:00"
    assert (octets, number, isolation) == (b"\x00\xff", 0.1 + 0.2, "read committed")


def test_status_works_for_a_role_with_odd_settings(odd_role, environment, terminal):
    environment.setenv("DATABASE_URL", odd_role)

    shown = terminal.run("status")

    assert "demo" in shown.output


def test_a_client_that_vanished_with_its_machine_is_asked_and_given_up(database):
    """By TCP alone; over a socket of Unix the server knows of these settings and shows 0."""
    with connections.connect(database) as conn:
        found = conn.execute(
            "SELECT name, source FROM pg_settings WHERE name LIKE 'tcp_keepalives%'"
        ).fetchall()

    assert dict(found) == dict.fromkeys(
        ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"), "client"
    )


def test_options_of_the_url_stay_in_force(database):
    url = psycopg.conninfo.make_conninfo(database, options="-c role=pg_monitor")

    with connections.connect(url) as conn:
        assert conn.execute("SELECT current_user, current_setting('TimeZone')").fetchone() == (
            "pg_monitor",
            "UTC",
        )


def test_pgoptions_stay_in_force(database, monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c role=pg_monitor -c DateStyle=German")

    with connections.connect(database) as conn:
        assert conn.execute("SELECT current_user, current_setting('DateStyle')").fetchone() == (
            "pg_monitor",
            "ISO, DMY",
        )


@pytest.mark.parametrize("name", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_character_is_not_migrated(postgres, name):
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE odd ENCODING {} LOCALE 'C' TEMPLATE template0").format(name)
        )
        try:
            with (
                connections.connect(postgres.url_of("odd")) as conn,
                pytest.raises(encoding.WrongEncoding) as caught,
            ):
                migrate(conn)
        finally:
            admin.execute("DROP DATABASE odd WITH (FORCE)")

    message = error_messages.describe(caught.value, "postgresql://db.example/odd")
    assert message.startswith(f"The database at db.example/odd is in the encoding {name}, which ")
    assert "ENCODING 'UTF8'" in message


def test_an_errand_from_an_address_of_thousands_of_characters_can_be_recorded(database):
    address = "".join(random.Random(7).choices(string.ascii_letters, k=5_000)) + "@c.example"

    run_query(
        database,
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered,"
        " attachment_count, attachment_bytes, sent_by, from_address)"
        " VALUES ('demo', sha256('1'), 'created', false, 0, 0, gen_random_uuid(), %s)",
        address,
    )

    [row] = run_query(database, "SELECT from_address FROM cention.sent_errand")
    assert row["from_address"] == address
