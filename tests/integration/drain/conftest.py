"""Fixtures for draining: a sandbox, and the parts of a worker that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.sandbox.playground import Playground, playground
from workers import wiring
from workers.jobs.drain import Drained, drain
from workers.jobs.polling import poll
from workers.queues import Family
from workers.settings import Settings
from workers.store import wanted
from workers.wiring import Parts
from workers.workspaces import Tokens, WorkspaceSettings

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def cention() -> Iterator[Playground]:
    """An empty sandbox whose clock stands still."""
    with playground(sla_delay_s=0) as running:
        yield running


@pytest.fixture
def settings(database: str, cention: Playground) -> Settings:
    token = "sandbox-token"
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
        cention_url=f"{cention.root}/s/demo",
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


@dataclass
class Bridge:
    """What a worker does, one step at a time."""

    parts: Parts
    database: str

    def poll(self, family: Family = Family.ERRAND_REPORTS) -> int | None:
        [changed] = [c for c in self.parts.changed_lists["demo"] if c.family == family]
        return poll(changed, session=self.parts.session)

    def drain(self, family: Family = Family.ERRAND_REPORTS, **changes: Any) -> Drained:
        plan = replace(self.parts.plans["demo", family], **changes)
        return drain(
            plan,
            session=self.parts.session,
            fetchers=self.parts.fetchers,
            call_colleague=lambda: None,
        )

    def want(self, family: Family, *ids: int) -> None:
        with self.parts.transaction() as conn:
            wanted.want(conn, "demo", family, ids)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, row_factory=dict_row) as conn:
            return conn.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def make_due(self) -> None:
        """Let the waiting times of all records pass."""
        with self.parts.transaction() as conn:
            conn.execute(
                "UPDATE intake.wanted"
                " SET due_at = now(), missing_since = missing_since - interval '1h'"
            )
            conn.execute("UPDATE intake.pause SET until_at = now()")


@pytest.fixture
def bridge(settings: Settings) -> Iterator[Bridge]:
    parts = wiring.build(settings)
    yield Bridge(parts=parts, database=settings.database_url)
    parts.fetchers.shutdown()
    parts.pool.close()


@pytest.fixture
def errand(cention: Playground) -> Callable[[], int]:
    """Make a changed errand at Cention and return its id."""
    return lambda: cention.control("errands", {"count": 1, "actions": 3})["ids"][0]
