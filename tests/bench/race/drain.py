"""The first discipline: a backlog of changed errands is fetched and stored."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping

import psycopg

from tests.bench.race import check, install
from tests.bench.race.bridge import TITLE, WORKSPACE, Bridge, fetching
from tests.bench.race.report import Result, result_of
from tests.bench.race.trial import RaceServers, Trial
from tests.bench.servers import Source, wait_until
from tests.bench.usage import measured
from workers.config.broker import create_sender
from workers.config.names import TaskName

WARM_UP, FIRST = 1_000_000, 2_000_000  # numbers of the first errands
POLL_AGAIN_S = 1.1  # after POLL_EVERY_S the bridge polls again
BRIDGE_DONE = "SELECT NOT EXISTS (SELECT FROM intake.wanted)"


class Contestant(ABC):
    """One way to store changed errands, or to do a part of that."""

    def __init__(self, name: str, title: str, *, tables: Mapping[str, str] | None = None) -> None:
        """``tables`` are those that it writes, by the names in ``check``; None: it writes none."""
        self.name = name
        self.title = title
        self.tables = tables

    @property
    @abstractmethod
    def needs(self) -> str:
        """The name of the installation that it needs; empty for that of the bridge."""

    @abstractmethod
    def start(self, trial: Trial, source: Source, rounds: list[tuple[int, int]]) -> None:
        """Start the processes; ``rounds`` are the first errand of each and how many there are."""

    @abstractmethod
    def prepare(self) -> None:
        """Return when the next round can begin."""

    @abstractmethod
    def work(self) -> None:
        """Fetch and store all errands that are marked; return when they are committed."""

    @property
    @abstractmethod
    def pids(self) -> list[int]:
        """The processes that do the work."""


class StoredByBridge(Contestant):
    """The bridge: one poll is nudged, and everything else follows from it."""

    needs = ""

    def start(self, trial: Trial, source: Source, rounds: list[tuple[int, int]]) -> None:
        self._source = source
        bridge = Bridge(trial, source.url)
        workers = [bridge.start(name) for name in ("worker-polls", "worker-fetch")]
        self._pids = [*(worker.pid for worker in workers), trial.broker_pid]
        self._broker_url = trial.broker_url
        self._database_url = trial.database_url

    def prepare(self) -> None:
        time.sleep(POLL_AGAIN_S)

    def work(self) -> None:
        with create_sender(self._broker_url, timeout_s=10) as sender:
            sender.send_task(TaskName.POLL, args=(WORKSPACE,))
        wait_until(lambda: self._source.left() == 0)
        with psycopg.connect(self._database_url, autocommit=True) as conn:
            wait_until(lambda: conn.execute(BRIDGE_DONE).fetchall()[0][0], every_s=0.01)

    @property
    def pids(self) -> list[int]:
        return self._pids


class Peer(Contestant):
    """A program of ``peers``, which is told when to begin."""

    def __init__(
        self,
        name: str,
        title: str,
        module: str,
        *arguments: str,
        needs: str = "",
        tables: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, title, tables=tables)
        self._command = ("-m", f"tests.bench.race.peers.{module}", *arguments)
        self._needs = needs

    @property
    def needs(self) -> str:
        return self._needs

    def start(self, trial: Trial, source: Source, rounds: list[tuple[int, int]]) -> None:
        processes, connections = fetching()
        self._process = trial.spawn(
            install.python_of(self.needs),
            *self._command,
            talks=True,
            RACE_API=f"{source.url}/s/{WORKSPACE}/capi/json",
            RACE_PROCESSES=str(processes),
            RACE_CONNECTIONS=str(connections),
            RACE_ROUNDS=json.dumps(rounds),
        )

    def prepare(self) -> None:
        self._hear("READY")

    def work(self) -> None:
        print("GO", file=self._process.stdin, flush=True)
        self._hear("DONE")

    def _hear(self, word: str) -> None:
        line = self._process.stdout.readline().strip()  # type: ignore[union-attr]
        if line != word:
            raise RuntimeError(f"{self.name} ended, or wrote {line!r} instead of {word}")

    @property
    def pids(self) -> list[int]:
        return [self._process.pid]


def _floor(client: str, title: str) -> Peer:
    return Peer(f"floor-{client}", f"floor: {title}", "floor", client)


CONTESTANTS: tuple[Contestant, ...] = (
    StoredByBridge("bridge", TITLE, tables=check.BRIDGE),
    Peer(
        *("dlt-arrow", "dlt arrow, COPY, aiohttp", "dlt_pipeline", "arrow"),
        needs="dlt",
        tables=check.PEER,
    ),
    Peer(
        *("dlt-nested", "dlt nested, COPY, requests", "dlt_pipeline", "nested"),
        needs="dlt",
        tables=check.NESTED,
    ),
    Peer("singer", "Singer tap, target-postgres", "singer", needs="singer", tables=check.PEER),
    Peer("script", "script, 8 threads", "script", tables=check.PEER),
    _floor("requests", "requests"),
    _floor("urllib3", "urllib3"),
    _floor("aiohttp", "aiohttp, uvloop"),
    _floor("sockets", "raw sockets"),
    Peer("write-limit", "limit: writing alone, binary COPY", "write_limit", tables=check.PEER),
)
FLOOR = "floor: requests"


def render(source: Source, count: int) -> None:
    """Let the source render all errands of the race once, so that no run waits for it."""
    for first, number in _rounds(count):
        source.change(first, number)


def run(contestant: Contestant, servers: RaceServers, source: Source, count: int) -> Result:
    """Let a contestant store ``count`` errands, after a warm-up. Raises what went wrong."""
    source.forget()
    rounds = _rounds(count)
    with servers.trial(contestant.name) as trial:
        contestant.start(trial, source, rounds)
        source.change(*rounds[0])
        contestant.prepare()
        contestant.work()
        contestant.prepare()
        source.change(*rounds[1])
        processes = {"postgres": [trial.postgres_pid], "source": [source.pid]}
        with measured(own=contestant.pids, **processes) as usage:
            contestant.work()
        rows = _rows(contestant, trial, source, rounds)
    return result_of(
        usage, count, load_cpu_s=usage.cpu_s["source"], rows=rows, per_s=count / usage.took_s
    )


def _rounds(count: int) -> list[tuple[int, int]]:
    """Return the first errand and the number of errands of the warm-up and of the run."""
    return [(WARM_UP, max(200, min(1000, count // 5))), (FIRST, count)]


def _rows(
    contestant: Contestant, trial: Trial, source: Source, rounds: list[tuple[int, int]]
) -> str:
    if contestant.tables is None:
        left = source.left()
        return f"WRONG: {left} errands were not fetched" if left else "-"
    with trial.connect() as conn:
        wrong = check.wrong_tables(conn, rounds, contestant.tables)
    return f"WRONG {wrong}" if wrong else "right"
