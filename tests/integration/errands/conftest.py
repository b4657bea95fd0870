"""Fixtures: a terminal beside a sandbox, and what each of them knows of errands that were sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.rows import dict_row

from tests.integration.cli.conftest import SECRET, Terminal
from tests.sandbox.playground import Playground

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, database: str, cention: Playground
) -> Terminal:
    """The commands, in a folder without any file."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": database,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CENTION_URL": f"{cention.root}/s/demo",
        "CENTION_TOKEN": "sandbox-token",
        "CENTION_CALLBACK_SECRETS": SECRET,
        "CENTION_TIMEZONE": "Europe/Stockholm",
    }.items():
        monkeypatch.setenv(name, value)
    return Terminal(runner=CliRunner())


@pytest.fixture
def rows(database: str) -> Rows:
    """Ask the database."""

    def ask(query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(database, row_factory=dict_row) as conn:
            cursor = conn.execute(query, parameters)  # type: ignore[arg-type]
            return [] if cursor.description is None else cursor.fetchall()

    return ask


@pytest.fixture
def states(rows: Rows) -> Callable[[], list[str]]:
    """The states of all errands that were sent, in their order."""
    return lambda: [
        row["state"] for row in rows("SELECT state FROM cention.sent_errand ORDER BY sent_id")
    ]


@pytest.fixture
def subjects(cention: Playground) -> Callable[[], list[str]]:
    """The subjects of all errands that were created at Cention."""

    def ask() -> list[str]:
        created = cention.control("truth/errands")["created"].values()
        return sorted(told["msg"]["subject"] for told in created)

    return ask
