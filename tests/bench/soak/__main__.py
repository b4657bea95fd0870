"""``python -m tests.bench.soak``: a day of a large centre in some minutes, and the table of it."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from redis import Redis

from tests.bench import analytics, load, table
from tests.bench.growth import workspace_table
from tests.bench.load import Load
from tests.bench.race.bridge import Bridge
from tests.bench.race.trial import SECRET, RaceServers, Trial, race_servers
from tests.bench.servers import Source, answers, running_source, wait_until
from tests.bench.soak import samples, verdicts
from tests.bench.soak.verdicts import Sample, Verdict
from tests.bench.table import Row
from tests.bench.usage import Usage, measured

PROCESSES = (
    *("receiver", "worker-callbacks", "worker-polls", "worker-fetch", "worker-surveys"),
    "beat",
)
SETTLE_S = 40.0  # for first polls, and for all that beat sends once a minute or more often
SAMPLE_EVERY_S = 5.0
CHANGE_EVERY_S = 0.5
AGAIN_AFTER_S = 60  # after which the same errands change again
CHANGED, ANSWERED = 2_000_000, 5_000_000  # first numbers; all have seven digits
AT_REST_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How large the centre is, and what comes upon it."""

    minutes: float
    workspaces: int
    errands: int  # before the soak
    callbacks: float  # a second
    changes: float  # a second
    queries: int  # at once


@dataclass(slots=True, kw_only=True)
class Soaked:
    """What happened."""

    options: Options
    samples: list[Sample] = field(default_factory=list)
    load: Load | None = None
    queries_s: list[float] = field(default_factory=list)
    changes: int = 0
    rest_s: float = 0.0
    tables: list[Verdict] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    def verdicts(self) -> list[Verdict]:
        per_s = max(self.options.callbacks, self.options.changes)
        rest = Verdict(
            what="all done after the load, s",
            first="-",
            last=f"{self.rest_s:.0f}",
            limit=f"{AT_REST_WITHIN_S:.0f}",
            kept=self.rest_s < AT_REST_WITHIN_S,
        )
        return [*verdicts.of_samples(self.samples, per_s=per_s), rest, *self.tables]


@click.command(context_settings={"show_default": True})
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2), help="Duration of the load.")
@click.option("--workspaces", default=50, type=click.IntRange(1, 1000))
@click.option("--errands", default=2_000_000, type=click.IntRange(2_000), help="Before the load.")
@click.option("--callbacks", default=100.0, type=click.FloatRange(1), help="A second, in all.")
@click.option("--changes", default=100.0, type=click.FloatRange(0), help="Errands a second.")
@click.option("--queries", default=30, type=click.IntRange(0, 60), help="Of analysts, at once.")
def main(**chosen: float) -> None:
    """Fill a centre, run the bridge under load, and print whether it stays as it is.

    Exit status 1 if memory or a queue grows, or a table is bloated.
    """
    soaked = Soaked(options=Options(**chosen))  # type: ignore[arg-type]
    with (
        tempfile.TemporaryDirectory(prefix="cention-soak-") as folder,
        running_source() as source,
        race_servers(Path(folder) / "logs") as servers,
        servers.trial("soak") as trial,
    ):
        soak(soaked, trial, servers, source)
    for line in markdown(soaked):
        print(line)
    sys.exit(0 if all(one.kept for one in soaked.verdicts()) else 1)


def soak(soaked: Soaked, trial: Trial, servers: RaceServers, source: Source) -> None:
    """Fill the centre, put the load upon it, and fill in ``soaked``."""
    options = soaked.options
    names = ["demo", *(f"w{number:04}" for number in range(1, options.workspaces))]
    file = trial.folder / "workspaces.toml"
    file.write_text("".join(workspace_table(name, source) for name in names), "utf-8")
    file.chmod(0o600)
    more = {"CENTION_WORKSPACES_FILE": str(file), "POLL_EVERY_S": "15"}
    bridge = Bridge(trial, source.url, **more)
    centre = analytics.centre_of(options.errands)
    for row in analytics.fill(trial.database_url, trial.postgres_pid, centre):
        say(f"{row.what}: {row.figure}")
    roots = {name: bridge.start(name).pid for name in PROCESSES}
    wait_until(lambda: answers(f"http://127.0.0.1:{bridge.port}/health/live"))
    say(f"settling for {SETTLE_S:.0f} s")
    time.sleep(SETTLE_S)
    roots |= {"Postgres": trial.postgres_pid, "broker": trial.broker_pid}
    broker = Redis(unix_socket_path=str(servers.valkey.socket))
    with (
        measured(bridge=list(roots.values())[:-2], servers=list(roots.values())[-2:]) as usage,
        trial.connect() as conn,
        _load(soaked, trial, names, bridge.port, source) as ended,
    ):
        while not ended.wait(SAMPLE_EVERY_S):
            soaked.samples.append(samples.take(conn, broker, roots))
    soaked.usage = usage
    say("waiting for rest")
    began_s = time.monotonic()
    with trial.connect() as conn:
        while not samples.is_at_rest(conn) and soaked.rest_s < AT_REST_WITHIN_S:
            time.sleep(1)
            soaked.rest_s = time.monotonic() - began_s
        soaked.tables = list(samples.bloat(conn, say))


@contextmanager
def _load(
    soaked: Soaked, trial: Trial, names: list[str], port: int, source: Source
) -> Iterator[threading.Event]:
    """Put the load upon the bridge; yields an event that is set when its time is over."""
    options, ended = soaked.options, threading.Event()
    seconds = 60 * options.minutes
    timer = threading.Timer(seconds, ended.set)
    with ThreadPoolExecutor(options.queries + 2) as pool:
        driving = pool.submit(
            load.drive,
            port,
            secret=SECRET,
            first=ANSWERED,
            seconds=seconds,
            per_s=options.callbacks,
            workspaces=names,
        )
        changing = pool.submit(_change, source, names, options.changes, ended)
        midnight = analytics.centre_of(options.errands).until
        queries = list(analytics.of_last_month(midnight).values())
        reading = [
            pool.submit(_read, trial, queries, ended, Random(number))
            for number in range(options.queries)
        ]
        timer.start()
        try:
            yield ended
        finally:
            timer.cancel()
            ended.set()
        soaked.load, soaked.changes = driving.result(), changing.result()
        soaked.queries_s = [one for each in reading for one in each.result()]


def _change(source: Source, names: list[str], per_s: float, ended: threading.Event) -> int:
    """Change errands evenly, each again after a while; return how many."""
    number, began, different = 0, time.monotonic(), max(1, int(per_s * AGAIN_AFTER_S))
    while not ended.wait(CHANGE_EVERY_S):
        while number < per_s * (time.monotonic() - began):
            again = number % different
            source.change(CHANGED + again, 1, workspace=names[again % len(names)], rendered=False)
            number += 1
    return number


def _read(trial: Trial, queries: list[str], ended: threading.Event, rng: Random) -> list[float]:
    """Read the views of analysts for the last month, one after the other; return seconds."""
    took_s = []
    with trial.connect() as conn:
        while not ended.is_set():
            began_s = time.monotonic()
            conn.execute(rng.choice(queries))  # type: ignore[call-overload]
            took_s.append(time.monotonic() - began_s)
    return took_s


def markdown(soaked: Soaked) -> Iterator[str]:
    """Yield the tables line by line."""
    yield f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}"
    yield ""
    yield from table.markdown(_what_happened(soaked))
    yield ""
    yield "| what | first third | last third | limit | kept |"
    yield "|---|---|---|---|---|"
    for one in soaked.verdicts():
        yield f"| {one.what} | {one.first} | {one.last} | {one.limit} | {_yes(one.kept)} |"


def _what_happened(soaked: Soaked) -> Iterator[Row]:
    options, usage, sent = soaked.options, soaked.usage, soaked.load
    yield Row("workspaces, errands before", f"{options.workspaces}, {options.errands:,}")
    yield Row("duration of the load", f"{usage.took_s / 60:.1f} min", f"asked {options.minutes:g}")
    if sent:
        latencies = (
            f"p50 {sent.p50_ms:.0f} ms, p99 {sent.p99_ms:.0f} ms; asked {options.callbacks:g}/s"
        )
        yield Row("callbacks", f"{sent.requests:,}, {sent.per_s:.0f}/s", latencies)
    rate = soaked.changes / usage.took_s
    yield Row(
        "errands changed", f"{soaked.changes:,}, {rate:.0f}/s", f"asked {options.changes:g}/s"
    )
    if soaked.queries_s:
        took_s = sorted(soaked.queries_s)
        figures = (
            f"p50 {took_s[len(took_s) // 2]:.2f} s, p99 {took_s[len(took_s) * 99 // 100]:.2f} s"
        )
        yield Row(f"queries of analysts, {options.queries} at once", f"{len(took_s):,}", figures)
    for name, spent in usage.cpu_s.items():
        yield Row(f"CPU of the {name}", f"{spent:.0f} s", f"{spent / usage.took_s:.2f} cores")
    yield Row("other load of the machine", f"{usage.other_load:.0%}", "load generators and others")


def _yes(kept: bool) -> str:
    return "yes" if kept else "**no**"


def say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
