"""Fixtures: the web face on a real database, and people who visit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from tests.support.operator_worker import Worker
from tests.support.web import Visitor, visitor, web_app, web_settings
from workers.database import connections

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(database: str) -> Iterator[MakeApp]:
    """Build the web face; its settings can be replaced."""
    with ExitStack() as opened:

        def make(**web: object) -> Flask:
            pool = connections.open_pool(database)
            opened.callback(pool.close)
            return web_app(web_settings(database, **web), pool)

        yield make


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return visitor(app)


@pytest.fixture
def operator(app: Flask) -> Visitor:
    found = visitor(app)
    assert found.sign_in("olga").status_code == 303
    return found


@pytest.fixture
def analyst(app: Flask) -> Visitor:
    found = visitor(app)
    assert found.sign_in("anna").status_code == 303
    return found


@pytest.fixture
def worker(database: str, tmp_path: Path) -> Worker:
    """Carries out what operators ask for."""
    return Worker(database=database, spool=tmp_path / "spool")
