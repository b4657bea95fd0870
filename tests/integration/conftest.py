"""Fixtures: a sandbox, the parts of a worker that talks to it, and a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.bridge import Bridge, FakeRatingsApi
from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from tests.integration.terminal import UNREACHABLE, Terminal
from tests.support.midnight import wait_over_midnight
from tests.support.settings import settings_for
from workers import wiring
from workers.config.settings import Settings
from workers.wiring import WorkerContext


@pytest.fixture
def cention() -> Iterator[SandboxServer]:
    """An empty sandbox without changes."""
    with sandbox_server(sla_delay_s=0) as running:
        yield running


@contextmanager
def context_of(settings: Settings) -> Iterator[WorkerContext]:
    context = wiring.build(settings)
    yield context
    context.fetch_loop.close()
    context.inviters.shutdown()
    context.conversers.shutdown()
    context.pool.close()


def bridge_of(settings: Settings) -> Iterator[Bridge]:
    with context_of(settings) as context:
        yield Bridge(context=context, database=settings.database_url)


@pytest.fixture
def bridge(database: str, cention: SandboxServer) -> Iterator[Bridge]:
    """A worker of the sandbox's workspace."""
    yield from bridge_of(settings_for(database, f"{cention.root}/s/demo"))


@pytest.fixture
def offline_bridge(database: str) -> Iterator[Bridge]:
    """A worker without Cention, for specs with a fake API."""
    yield from bridge_of(settings_for(database, "http://127.0.0.1:1/s/demo"))


@pytest.fixture
def wrong_workspace_bridge(database: str, cention: SandboxServer) -> Iterator[Bridge]:
    """A worker whose URL has a workspace that Cention does not have."""
    yield from bridge_of(settings_for(database, f"{cention.root}/s/elsewhere"))


@pytest.fixture
def ratings() -> FakeRatingsApi:
    """Facebook ratings in memory."""
    return FakeRatingsApi()


@pytest.fixture
def errand(cention: SandboxServer) -> Callable[[], int]:
    """Create a dirty errand at Cention and return its id."""
    return lambda: cention.control("errands", {"count": 1, "actions": 3})["ids"][0]


@pytest.fixture
def one_day() -> None:
    """For tests that ask for today more than once: midnight does not come between."""
    wait_over_midnight()


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str
) -> pytest.MonkeyPatch:
    """The settings of a bridge with a database only, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": database, **UNREACHABLE}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def terminal(environment: pytest.MonkeyPatch) -> Terminal:
    return Terminal(runner=CliRunner())
