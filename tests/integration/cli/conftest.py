"""Fixtures: commands in a terminal, with a sandbox, a broker and workers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from deploy.embedded import Valkey
from tests.integration import bridge as steps
from tests.integration.conftest import context_of
from tests.integration.sandbox.sandbox_server import SandboxServer
from workers.config.names import Family, Queue
from workers.config.settings import load_settings
from workers.operations.store import canaries


@pytest.fixture
def environment(
    environment: pytest.MonkeyPatch, broker: str, cention: SandboxServer
) -> pytest.MonkeyPatch:
    """The settings of a bridge to the sandbox, in an empty folder."""
    environment.setenv("BROKER_URL", broker)
    environment.setenv("CENTION_URL", f"{cention.root}/s/demo")
    return environment


@dataclass(kw_only=True)
class Bridge(steps.Bridge):
    """Runs the jobs of workers to their end, and counts the nudges at the broker."""

    valkey: Valkey

    def fetch(self, *families: Family) -> None:
        """Poll, and drain until nothing is due."""
        for changed in self.context.changed_lists["demo"]:
            self.poll(changed.family)
        for family in families or Family:
            while self.drain(family).more:
                pass

    def store_callback(self, document: dict[str, Any], *, problem: str | None = None) -> None:
        """Store a callback as the receiver does."""
        text = json.dumps(document)
        self.rows(
            "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
            " VALUES ('demo', now(), sha256(convert_to(%s, 'UTF8')), %s, %s)",
            text,
            text,
            problem,
        )

    def answer_canaries(self) -> None:
        with self.context.transaction() as conn:
            for queue in Queue:
                canaries.record_answer(conn, queue)

    def one(self, query: str, *parameters: object) -> Any:
        [row] = self.rows(query, *parameters)
        [value] = row.values()
        return value

    def nudges(self, queue: Queue) -> int:
        with redis.Redis(unix_socket_path=str(self.valkey.socket)) as client:
            return int(client.llen(queue))  # type: ignore[arg-type]


@pytest.fixture
def bridge(environment: pytest.MonkeyPatch, database: str, valkey: Valkey) -> Iterator[Bridge]:
    with context_of(load_settings()) as context:
        yield Bridge(context=context, database=database, valkey=valkey)


@pytest.fixture
def errands(cention: SandboxServer) -> Callable[[int], list[int]]:
    """Create changed errands in Cention and return their ids."""
    return lambda count: cention.control("errands", {"count": count, "actions": 3})["ids"]
