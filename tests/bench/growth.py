"""How the bridge grows: with errands, with processes that fetch, and with workspaces.

* ``python -m tests.bench.growth errands --errands 100000 --processes 2``
* ``python -m tests.bench.growth workspaces --workspaces 100 --changes 600``

Each prints the head of a table and one row, so that every size is measured by itself.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
import psutil
import psycopg

from tests.bench import table
from tests.bench.backlog import watched
from tests.bench.race.bridge import Bridge
from tests.bench.race.drain import BRIDGE_DONE, POLL_AGAIN_S, WARM_UP
from tests.bench.race.trial import SECRET, Trial, race_servers
from tests.bench.servers import Source, running_source, wait_until
from tests.bench.usage import CORES, Usage, cpu_s, measured
from workers.config.broker import create_sender
from workers.config.names import TaskName

FIRST = 2_000_000  # number of the first errand; all have seven digits
MOST = 7_000_000
WITHIN_S = 12 * 3600.0
LOOK_EVERY_S = 0.25  # at what Postgres waits for
SETTLE_S = 40.0  # for first polls, and for all that beat sends once a minute or more often
WORKERS = ("worker-callbacks", "worker-polls", "worker-fetch", "worker-surveys")
PROCESSES = ("beat", *WORKERS)
DRAINING = """
    SELECT CASE WHEN state = 'active' THEN coalesce(wait_event_type || '/' || wait_event, 'CPU')
           ELSE 'the worker' END
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid() AND state <> 'idle'"""


@click.group()
def main() -> None:
    """Measure one size, and print one row."""


@main.command()
@click.option("--errands", type=click.IntRange(100, MOST), default=10_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 32), default=2, show_default=True)
def errands(errands: int, processes: int) -> None:
    """Store so many changed errands of 10 actions, in so many processes of the worker."""
    with _running() as (trial, source):
        bridge = Bridge(trial, source.url, DRAINS_PER_WORKSPACE=str(processes))
        workers = [bridge.start("worker-polls"), bridge.start("worker-fetch", children=processes)]
        source.change(WARM_UP, 1000, rendered=False)
        store_all(trial, source)
        time.sleep(POLL_AGAIN_S)
        children = psutil.Process(workers[1].pid).children()
        source.change(FIRST, errands, rendered=False)
        with ExitStack() as watchers, trial.connect() as conn:
            peaks = [watchers.enter_context(watched(worker.pid)) for worker in workers]
            waits: Counter[str] = Counter()
            before = disk_of(conn), [cpu_s(child.pid) for child in children]
            with measured(
                worker=[worker.pid for worker in workers],
                broker=[trial.broker_pid],
                postgres=[trial.postgres_pid],
                source=[source.pid],
            ) as usage:
                store_all(trial, source, lambda: waits.update(_waits(conn)))
            after = disk_of(conn), [cpu_s(child.pid) for child in children]
        spent = [now - then for now, then in zip(after[1], before[1], strict=True)]
        disk = {name: after[0][name] - before[0][name] for name in after[0]}
    _print(
        {
            "errands": f"{errands:,}",
            "processes": str(processes),
            "errands/s": f"{errands / usage.took_s:,.0f}",
            **{
                f"{name}, CPU s / 1,000": f"{1000 * usage.cpu_s[name] / errands:.3f}"
                for name in ("worker", "postgres", "broker", "source")
            },
            "cores used": f"{sum(usage.cpu_s.values()) / usage.took_s:.2f} of {CORES}",
            "busiest process": f"{max(spent) / usage.took_s:.2f} cores",
            "sessions of Postgres wait for": _shares(waits),
            "peak RSS, largest process": f"{max(peak[0] for peak in peaks) / 2**20:.0f} MiB",
            "peak PSS, all workers": _pss(usage),
            "database, KiB / errand": f"{disk['database'] / 1024 / errands:.1f}",
            "WAL, KiB / errand": f"{disk['wal'] / 1024 / errands:.1f}",
            "other load": f"{usage.other_load:.0%}",
        }
    )


@main.command()
@click.option("--workspaces", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--changes", default=0, show_default=True, help="Errands a minute, in all together.")
@click.option("--minutes", default=2, show_default=True, help="How long to measure.")
def workspaces(workspaces: int, changes: int, minutes: int) -> None:
    """Run so many workspaces with the default settings, idle or with the same load together."""
    names = [f"w{number:04}" for number in range(workspaces)]
    with _running() as (trial, source):
        file = trial.folder / "workspaces.toml"
        file.write_text("".join(workspace_table(name, source) for name in names), "utf-8")
        file.chmod(0o600)
        more = {"CENTION_WORKSPACES_FILE": str(file), "POLL_EVERY_S": "15"}
        bridge = Bridge(trial, source.url, **more)
        pids = {name: [bridge.start(name).pid] for name in PROCESSES}
        time.sleep(SETTLE_S)
        servers = {"broker": [trial.broker_pid], "postgres": [trial.postgres_pid]}
        workers = [pid for name in WORKERS for pid in pids[name]]
        before = {name: cpu_s(*pids[name]) for name in WORKERS}
        with measured(worker=workers, beat=pids["beat"], source=[source.pid], **servers) as usage:
            _change(source, names, changes, ends_at=time.monotonic() + 60 * minutes)
        each = {name: cpu_s(*pids[name]) - before[name] for name in WORKERS}
        wait_until(lambda: source.left() == 0)
    in_minutes = usage.took_s / 60
    _print(
        {
            "workspaces": str(workspaces),
            "changes a minute": f"{changes:,}",
            **{
                f"{name}, CPU s / minute": f"{spent / in_minutes:.2f}"
                for name, spent in (usage.cpu_s | each).items()
                if name != "source"
            },
            "peak PSS, all workers": _pss(usage),
            "other load": f"{usage.other_load:.0%}",
        }
    )


@contextmanager
def _running() -> Iterator[tuple[Trial, Source]]:
    with (
        tempfile.TemporaryDirectory(prefix="cention-growth-") as folder,
        running_source() as source,
        race_servers(Path(folder) / "logs") as servers,
        servers.trial("growth") as trial,
    ):
        yield trial, source


def store_all(trial: Trial, source: Source, look: Callable[[], None] = lambda: None) -> None:
    """Have the list of changes polled; return when all of it is stored."""
    with create_sender(trial.broker_url, timeout_s=10) as sender:
        sender.send_task(TaskName.POLL, args=("demo",))

    def is_fetched() -> bool:
        look()
        return source.left() == 0

    wait_until(is_fetched, within_s=WITHIN_S, every_s=LOOK_EVERY_S)
    with trial.connect() as conn:
        wait_until(lambda: conn.execute(BRIDGE_DONE).fetchall()[0][0], within_s=WITHIN_S)


def _change(source: Source, names: list[str], changes: int, *, ends_at: float) -> None:
    """Change errands evenly, each in the workspace whose turn it is, until ``ends_at``."""
    number, began = 0, time.monotonic()
    while (now := time.monotonic()) < ends_at:
        while number < changes * (now - began) / 60:
            name = names[number % len(names)]
            source.change(FIRST + number, 1, workspace=name, rendered=False)
            number += 1
        time.sleep(0.5)


def workspace_table(name: str, source: Source) -> str:
    """Return the lines of the file of workspaces for one that the source serves."""
    return (
        f'[{name}]\nurl = "{source.url}/s/{name}"\ntoken = "bench-token"\n'
        f'callback_secrets = ["{SECRET}"]\n'
    )


def disk_of(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the bytes of the database, and those of all that was logged."""
    query = "SELECT pg_database_size(current_database()), pg_current_wal_lsn() - '0/0'::pg_lsn"
    database, wal = conn.execute(query).fetchall()[0]
    return {"database": int(database), "wal": int(wal)}


def _waits(conn: psycopg.Connection[Any]) -> list[str]:
    return [event for (event,) in conn.execute(DRAINING).fetchall()]


def _shares(waits: Counter[str]) -> str:
    most = waits.most_common(3)
    return ", ".join(f"{event} {seen / waits.total():.0%}" for event, seen in most) or "-"


def _pss(usage: Usage) -> str:
    return f"{usage.pss_bytes / 2**20:.0f} MiB"


def _print(row: Mapping[str, str]) -> None:
    print(f"{table.machine()}\n")
    for line in (row.keys(), ["---"] * len(row), row.values()):
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
