"""Fixtures: a worker that refreshes the log-ons from a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.integration.bridge import Bridge
from tests.integration.conftest import bridge_of
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.support.settings import settings_for
from workers.config.names import Mirror
from workers.config.settings import Settings
from workers.database import Transaction
from workers.mirrors.jobs.refresh import MirrorSpec, RefreshResult


@pytest.fixture
def settings(database: str, cention: SandboxServer) -> Settings:
    """Settings under which log-ons are refreshed every ten minutes."""
    settings = settings_for(database, f"{cention.root}/s/demo")
    [workspace] = settings.workspaces
    tokens = replace(workspace.tokens, logio="sandbox-token")
    return replace(
        settings,
        workspaces=(replace(workspace, tokens=tokens),),
        mirror_every_s={Mirror.AGENT_LOGONS: 600},
    )


@pytest.fixture
def bridge(settings: Settings) -> Iterator[Bridge]:
    yield from bridge_of(settings)


@dataclass
class FakeMirror:
    """A mirror whose refreshes have the given outcomes."""

    # each a number of records, a RefreshResult, or an error
    outcomes: list[Any] = field(default_factory=list)
    refreshes: int = 0

    def spec(self, *, every_s: int = 600) -> MirrorSpec:
        return MirrorSpec(
            workspace="demo", mirror=Mirror.LIBRARY, every_s=every_s, refresh=self.refresh
        )

    def refresh(self, session: Transaction) -> RefreshResult:
        self.refreshes += 1
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, RefreshResult) else RefreshResult(records=outcome)


@pytest.fixture
def fake_mirror() -> FakeMirror:
    return FakeMirror()
