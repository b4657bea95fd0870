"""Log-ons belong to the contact centre's staff; other persons in the log are erased."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.privacy.centre import ADDRESS
from workers.mirrors.jobs.agent_logons import fetch_window

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Log:
    def __init__(self, *rows):
        self._rows = list(rows)

    def fetch(self, since, until, *, login_name=None):
        return self._rows


@pytest.fixture
def store_logons(centre):
    def store(*rows):
        fetch_window(centre.bridge.context.session, "demo", Log(*rows), NOW, NOW)

    return store


def test_an_address_in_a_rejected_row_is_erased_and_exported(centre, terminal, store_logons):
    store_logons(["1", f"on behalf of {ADDRESS}", "Login"])

    exported = terminal.run("export-person", "--address", ADDRESS).stdout
    terminal.run("erase", "--address", ADDRESS, "--yes")

    assert f"on behalf of {ADDRESS}" in exported
    [stored] = centre.bridge.rows("SELECT row FROM intake.odd_logon")
    assert stored["row"] == ["on behalf of [erased]", "Login"]


def test_a_login_name_stays_when_a_customer_of_that_address_is_erased(
    centre, terminal, store_logons
):
    """When agents worked is a record of the employer; `cention logons forget` removes it."""
    store_logons({"id": 1, "name": ADDRESS, "timestamp": int(NOW.timestamp()), "action": "Login"})
    names = "SELECT login_name FROM cention.agent_logon"

    terminal.run("erase", "--address", ADDRESS, "--yes")
    assert centre.bridge.rows(names) == [{"login_name": ADDRESS}]

    terminal.run("logons", "forget", ADDRESS)
    assert centre.bridge.rows(names) == []
