"""What stands between ``make run`` and Cention: a wrong token or address, and a proxy."""

from __future__ import annotations

import psycopg

from deploy.run.startup import cention_problems
from workers.operations.store.status import failed_polls


def test_a_wrong_token_or_address_is_said_at_the_start_and_while_it_lasts(
    terminal, environment, bridge
):
    terminal.run("migrate")
    assert cention_problems() == []

    environment.setenv("CENTION_TOKEN", "another-token")
    [problem] = cention_problems()
    assert problem.startswith("Cention of demo: The token is refused")
    terminal.run("poll")
    with psycopg.connect(bridge.database) as conn:
        assert failed_polls(conn) == ["demo"]


def test_this_machine_is_reached_without_the_proxy_of_the_environment(terminal, environment):
    terminal.run("migrate")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        environment.setenv(name, "http://127.0.0.1:1")

    assert terminal.run("poll").exit_code == 0
