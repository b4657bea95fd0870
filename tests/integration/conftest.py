"""Fixtures: a sandbox, and the parts of a worker that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.integration.bridge import Bridge, Shelf
from tests.sandbox.playground import Playground, playground
from workers import wiring
from workers.settings import Settings
from workers.workspaces import Tokens, WorkspaceSettings

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def cention() -> Iterator[Playground]:
    """An empty sandbox whose clock stands still."""
    with playground(sla_delay_s=0) as running:
        yield running


def settings_for(database: str, cention_url: str, *, token: str = "sandbox-token") -> Settings:
    """Make settings of one workspace whose two reading claims have a token."""
    tokens = Tokens(
        errand_data=token,
        attachments=token,
        create_errand=None,
        contacts=None,
        library=None,
        export=None,
        logio=None,
    )
    workspace = WorkspaceSettings(
        name="demo",
        cention_url=cention_url,
        timezone=ZONE,
        tokens=tokens,
        callback_secrets=("secret",),
    )
    return Settings(
        database_url=database,
        broker_url="",
        workspaces=(workspace,),
        allow_unsigned=False,
        poll_every_s=15,
        fetch_threads=4,
        drains_per_workspace=2,
        fetch_timeout_s=5,
        lease_s=60,
        attachment_max_bytes=1024 * 1024,
        spool_dir=Path("var/spool"),
        spool_max_bytes=0,
    )


def bridge_of(settings: Settings) -> Iterator[Bridge]:
    parts = wiring.build(settings)
    yield Bridge(parts=parts, database=settings.database_url)
    parts.fetchers.shutdown()
    parts.pool.close()


@pytest.fixture
def bridge(database: str, cention: Playground) -> Iterator[Bridge]:
    """A worker of the sandbox's workspace."""
    yield from bridge_of(settings_for(database, f"{cention.root}/s/demo"))


@pytest.fixture
def lonely_bridge(database: str) -> Iterator[Bridge]:
    """A worker that has no Cention: its plans are made by hand."""
    yield from bridge_of(settings_for(database, "http://127.0.0.1:1/s/demo"))


@pytest.fixture
def shelf() -> Shelf:
    """Facebook ratings in memory."""
    return Shelf()


@pytest.fixture
def errand(cention: Playground) -> Callable[[], int]:
    """Make a changed errand at Cention and return its id."""
    return lambda: cention.control("errands", {"count": 1, "actions": 3})["ids"][0]
