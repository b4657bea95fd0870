"""What the history of errands costs the drain: workers with and without it, by turns."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import requests

from tests.bench import backlog
from tests.bench.servers import BenchServers
from tests.bench.table import Row

ERRANDS = 3_000  # in each run
ROUNDS = 6
WITH, WITHOUT = "with history", "without history"
APPLICATIONS = {WITH: "workers.app", WITHOUT: "tests.bench.without_history"}
KINDS = ("assign", "close", "tag")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost for 1,000 errands, in seconds."""

    elapsed: float
    worker_cpu: float
    postgres_cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker with a broker of its own, so that no nudge reaches another one."""

    servers: BenchServers
    process: psutil.Process
    postgres: psutil.Process

    def drain(self, ids: Sequence[int]) -> Cost:
        """Store these errands, while other workers are idle."""
        before = self._cpu()
        per_s, _ = backlog.drain(self.servers, self.process.pid, list(ids))
        spent = [now - then for now, then in zip(self._cpu(), before, strict=True)]
        worker_cpu, postgres_cpu = (seconds / len(ids) * 1000 for seconds in spent)
        return Cost(1000 / per_s, worker_cpu, postgres_cpu)

    def _cpu(self) -> tuple[float, float]:
        return cpu_s(self.process), cpu_s(self.postgres)


def measure(servers: BenchServers) -> Iterator[Row]:
    """Store new errands, and errands that have changed, in pairs of runs with and without."""
    found: dict[str, dict[str, list[Cost]]] = defaultdict(lambda: defaultdict(list))
    with servers.sandbox() as cention, ExitStack() as running:
        workers = {
            name: running.enter_context(_worker(servers, cention, number, application))
            for number, (name, application) in enumerate(APPLICATIONS.items())
        }
        for worker in workers.values():
            backlog.warm_up(worker.servers, cention)
        for turn in range(ROUNDS):
            # Forwards and backwards, so that what happens meanwhile favours none.
            pair = list(workers.items())[:: -1 if turn % 2 else 1]
            ids = {name: backlog.make(cention, ERRANDS) for name, _ in pair}
            for name, worker in pair:
                found["new errands"][name].append(worker.drain(ids[name]))
            change(cention, [one for some in ids.values() for one in some])
            for name, worker in pair:
                found["changed errands"][name].append(worker.drain(ids[name]))
    for what, costs in found.items():
        yield from _rows(what, costs)


@contextmanager
def _worker(servers: BenchServers, cention: str, number: int, application: str) -> Iterator[Worker]:
    own = replace(servers, broker_url=f"{servers.broker_url}?virtual_host={number}")
    with own.worker(cention, application=application) as running:
        yield Worker(
            servers=own,
            process=psutil.Process(running.pid),
            postgres=psutil.Process(_postmaster(servers)),
        )


def _postmaster(servers: BenchServers) -> int:
    folder = Path(servers.scalar("SHOW data_directory"))
    return int((folder / "postmaster.pid").read_text("ascii").split()[0])


def cpu_s(root: psutil.Process) -> float:
    """Return the CPU seconds of a process and all its descendants, those that ended too."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def change(cention: str, ids: Sequence[int]) -> None:
    """Change each errand once at the sandbox."""
    with requests.Session() as session:
        for number, errand_id in enumerate(ids):
            body = {"kind": KINDS[number % len(KINDS)]}
            url = f"{cention}/sandbox/errands/{errand_id}/change"
            session.post(url, json=body, timeout=30).raise_for_status()


def _rows(what: str, costs: Mapping[str, Sequence[Cost]]) -> Iterator[Row]:
    for name, runs in costs.items():
        per_s = sorted(1000 / one.elapsed for one in runs)
        worker = statistics.median(one.worker_cpu for one in runs)
        postgres = statistics.median(one.postgres_cpu for one in runs)
        yield Row(
            f"{what} stored {name}",
            f"{statistics.median(per_s):,.0f} errands/s",
            f"{len(runs)} runs: {per_s[0]:,.0f} to {per_s[-1]:,.0f};"
            f" CPU for 1,000: worker {worker:.3f} s, Postgres {postgres:.3f} s",
        )
    pairs = list(zip(costs[WITH], costs[WITHOUT], strict=True))
    measures: dict[str, Callable[[Cost], float]] = {
        "CPU of worker and Postgres": lambda one: one.worker_cpu + one.postgres_cpu,
        "CPU of Postgres": lambda one: one.postgres_cpu,
        "time": lambda one: one.elapsed,
    }
    for measured, of in measures.items():
        more = sorted(of(with_) / of(without) - 1 for with_, without in pairs)
        yield Row(
            f"history of {what}, {measured}",
            f"{statistics.median(more):+.1%}",
            f"pairs: {more[0]:+.1%} to {more[-1]:+.1%}",
        )
