"""`cention workspaces`: which are stored, whose rows they have, and how one is forgotten."""

from __future__ import annotations

import pytest

from tests.integration.cli.conftest import Bridge
from tests.support.databases import run_query
from workers.database import connections
from workers.operations.store import workspaces


@pytest.fixture
def stored(terminal):
    """The workspace of the settings, written by a migration."""
    assert terminal.run("migrate").exit_code == 0


def test_an_address_under_a_known_name_is_refused_in_words(terminal, environment, stored):
    environment.setenv("CENTION_URL", "https://other.example/s/demo")

    for command in ("migrate", "status", "poll"):
        result = terminal.run(command)

        assert result.exit_code == 1
        assert "are from 127.0.0.1/s/demo, but the settings name other.example/s/demo" in (
            result.stderr
        )
        assert "cention workspaces moved demo" in result.stderr


def test_check_names_an_address_that_is_refused(terminal, environment, stored):
    environment.setenv("CENTION_URL", "https://other.example/s/demo")

    found = terminal.json("check")

    assert "workspace demo" in [one["about"] for one in found if one["level"] == "wrong"]


def test_another_port_or_scheme_is_the_same_address(terminal, environment, stored):
    environment.setenv("CENTION_URL", "https://127.0.0.1:2/s/demo/")

    assert terminal.run("migrate").exit_code == 0


def test_a_workspace_that_has_moved_is_accepted_from_then_on(terminal, environment, stored):
    environment.setenv("CENTION_URL", "https://other.example/s/demo")

    assert terminal.run("workspaces", "moved", "demo").stdout == (
        "The workspace demo is at other.example/s/demo.\n"
    )
    assert terminal.run("migrate").exit_code == 0
    [row] = terminal.json("workspaces", "list")
    assert row["address"] == "other.example/s/demo"


def test_workers_do_nothing_for_a_workspace_at_another_address(bridge: Bridge, database):
    run_query(
        database,
        "INSERT INTO cention.workspace (workspace, timezone, address)"
        " VALUES ('demo', 'UTC', 'other.example/s/demo')"
        " ON CONFLICT (workspace) DO UPDATE SET address = EXCLUDED.address",
    )

    assert bridge.context.addresses.refuses("demo")
    assert not bridge.context.addresses.refuses("elsewhere")


def test_a_workspace_of_the_settings_is_not_forgotten(terminal, stored):
    result = terminal.run("workspaces", "forget", "demo", typed="demo\n")

    assert result.exit_code == 1
    assert "is in the settings" in result.stderr


def test_forgetting_shows_counts_and_wants_the_name_typed(terminal, environment, stored):
    environment.setenv("CENTION_WORKSPACE", "right")

    result = terminal.run("workspaces", "forget", "demo", typed="dmeo\n")

    assert result.exit_code == 1
    assert "cention.workspace" in result.stdout
    assert "Nothing was deleted" in result.stderr
    assert [row["workspace"] for row in terminal.json("workspaces", "list")] == ["demo"]


def test_forgetting_deletes_every_row_of_the_workspace_and_no_other(
    terminal, environment, stored, database
):
    for name in ("demo", "right"):
        for number, content in enumerate((b"same", name.encode())):
            run_query(
                database,
                "INSERT INTO cention.blob (sha256, content) VALUES (sha256(%s), %s)"
                " ON CONFLICT DO NOTHING",
                content,
                content,
            )
            run_query(
                database,
                "INSERT INTO cention.attachment (workspace, kind, attachment_id, state, sha256)"
                " VALUES (%s, 'response', %s, 'stored', sha256(%s))",
                name,
                number,
                content,
            )
    environment.setenv("CENTION_WORKSPACE", "right")
    terminal.run("migrate")

    result = terminal.run("workspaces", "forget", "demo", typed="demo\n")

    assert result.exit_code == 0, result.stderr
    assert [row["workspace"] for row in terminal.json("workspaces", "list")] == ["right"]
    contents = run_query(database, "SELECT content FROM cention.blob ORDER BY content")
    assert [bytes(row["content"]) for row in contents] == [b"right", b"same"]
    with connections.connect(database) as conn:
        assert workspaces.counts(conn, "demo") == {}
        assert workspaces.counts(conn, "right")["cention.attachment"] == 2
