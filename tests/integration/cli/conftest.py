"""Fixtures: the commands as people run them, beside a sandbox and real servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import redis
from click.testing import CliRunner, Result
from psycopg.rows import dict_row

from deploy.embedded import Valkey
from tests.sandbox.playground import Playground, playground
from workers import wiring
from workers.cli.commands import cention as command
from workers.jobs.drain import drain
from workers.jobs.filing import file_callbacks
from workers.jobs.polling import poll
from workers.queues import Family, Queue
from workers.settings import load_settings
from workers.store import canaries

SECRET = "callback-secret-of-demo"


@pytest.fixture
def cention() -> Iterator[Playground]:
    """An empty sandbox whose clock stands still."""
    with playground(sla_delay_s=0) as running:
        yield running


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, database: str, broker: str, cention: Playground
) -> pytest.MonkeyPatch:
    """The settings of a bridge to the sandbox, in a folder without any file."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "CENTION_URL": f"{cention.root}/s/demo",
        "CENTION_TOKEN": "sandbox-token",
        "CENTION_CALLBACK_SECRETS": SECRET,
        "CENTION_TIMEZONE": "Europe/Stockholm",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@dataclass
class Terminal:
    """Where commands are run; what they write goes to a pipe."""

    runner: CliRunner

    def run(self, *words: object, typed: str | None = None) -> Result:
        result = self.runner.invoke(command, list(map(str, words)), input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *words: object) -> Any:
        return json.loads(self.run(*words, "--json").stdout)


@pytest.fixture
def terminal(environment: pytest.MonkeyPatch) -> Terminal:
    return Terminal(runner=CliRunner())


@dataclass
class Bridge:
    """What the workers of the bridge do, one step at a time."""

    parts: wiring.Parts
    database: str
    valkey: Valkey

    def fetch(self, *families: Family) -> None:
        """Poll, and drain until nothing is due."""
        for changed in self.parts.changed_lists["demo"]:
            poll(changed, session=self.parts.session)
        for family in families or Family:
            while self._drain(family):
                pass

    def _drain(self, family: Family) -> bool:
        return drain(
            self.parts.plans["demo", family],
            session=self.parts.session,
            fetchers=self.parts.fetchers,
            call_colleague=lambda: None,
        ).more

    def file(self) -> None:
        file_callbacks("demo", transaction=self.parts.transaction)

    def answer_canaries(self) -> None:
        with self.parts.transaction() as conn:
            for queue in Queue:
                canaries.answer(conn, queue)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, row_factory=dict_row) as conn:
            cursor = conn.execute(query, parameters)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *parameters: object) -> Any:
        [row] = self.rows(query, *parameters)
        [value] = row.values()
        return value

    def nudges(self, queue: Queue) -> int:
        with redis.Redis(unix_socket_path=str(self.valkey.socket)) as client:
            return int(client.llen(queue))  # type: ignore[arg-type]


@pytest.fixture
def bridge(environment: pytest.MonkeyPatch, database: str, valkey: Valkey) -> Iterator[Bridge]:
    parts = wiring.build(load_settings())
    yield Bridge(parts=parts, database=database, valkey=valkey)
    parts.fetchers.shutdown()
    parts.pool.close()


@pytest.fixture
def errands(cention: Playground) -> Callable[[int], list[int]]:
    """Make changed errands at Cention and return their ids."""
    return lambda count: cention.control("errands", {"count": count, "actions": 3})["ids"]
