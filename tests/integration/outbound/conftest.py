"""Fixtures: a terminal and a sandbox, and the errands that each has sent or received."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.support.databases import run_query

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def environment(environment: pytest.MonkeyPatch, cention: SandboxServer) -> pytest.MonkeyPatch:
    """The settings of a bridge to the sandbox, without a broker."""
    environment.setenv("CENTION_URL", f"{cention.root}/s/demo")
    return environment


@pytest.fixture
def rows(database: str) -> Rows:
    """Query the database."""
    return partial(run_query, database)


@pytest.fixture
def states(rows: Rows) -> Callable[[], list[str]]:
    """The states of all errands that were sent, in their order."""
    return lambda: [
        row["state"] for row in rows("SELECT state FROM cention.sent_errand ORDER BY sent_id")
    ]


@pytest.fixture
def subjects(cention: SandboxServer) -> Callable[[], list[str]]:
    """The subjects of all errands that were created at Cention."""

    def found() -> list[str]:
        created = cention.control("truth/errands")["created"].values()
        return sorted(order["msg"]["subject"] for order in created)

    return found
