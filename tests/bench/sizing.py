"""How many processes, cores, connections and disk a centre needs, from what errands cost.

* ``python -m tests.bench.sizing`` prints the table from ``costs.json`` beside this module;
* ``python -m tests.bench.sizing --measure 10000`` measures first, and writes that file.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.bench import load, table
from tests.bench.growth import FIRST, disk_of, store_all
from tests.bench.race.bridge import Bridge
from tests.bench.race.drain import BRIDGE_DONE, WARM_UP
from tests.bench.race.trial import SECRET, Trial, race_servers
from tests.bench.servers import answers, running_source, wait_until
from tests.bench.usage import measured

COSTS = Path(__file__).with_name("costs.json")
ERRANDS_A_DAY = (1_000, 10_000, 50_000, 200_000, 1_000_000)
ANSWERED = 5_000_000  # number of the first errand with a callback
DONE = "SELECT NOT EXISTS (SELECT FROM intake.callback WHERE filed_at IS NULL AND problem IS NULL)"
# What a centre does, if nothing else is known.
FETCHES = 4.0  # of an errand in its life, one after each change that is seen
CALLBACKS = 1.2  # for an errand
BUSIEST = 0.15  # share of a day's errands in its busiest hour
USED = 0.5  # share of a core that is planned with; the rest is for peaks and for what failed
# Of one process each, at most.
OF_CHILD, OF_RECEIVER, OF_BEAT = 4, 7, 1  # connections
SURVEY_CHILDREN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was measured: CPU seconds and bytes of one errand that is fetched, or one callback."""

    measured: str  # day and machine
    other_load: float  # share of the machine that other work used meanwhile
    errand_worker_s: float
    errand_postgres_s: float
    errand_bytes: float
    callback_receiver_s: float
    callback_worker_s: float
    callback_postgres_s: float
    callback_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a centre needs."""

    bridge_cores: float
    postgres_cores: float
    receivers: int  # processes
    filing: int  # children of the worker for callbacks
    fetching: int  # children of the worker for fetches
    connections: int
    disk_gib: float  # for a year


def size(errands: int, costs: Costs) -> Size:
    """Return what so many errands a day need."""
    a_second = errands * BUSIEST / 3600
    fetches, callbacks = a_second * FETCHES, a_second * CALLBACKS
    receiving = callbacks * costs.callback_receiver_s / USED
    filing = callbacks * costs.callback_worker_s / USED
    fetching = fetches * costs.errand_worker_s / USED
    postgres = fetches * costs.errand_postgres_s + callbacks * costs.callback_postgres_s
    # Two of each that is needed at any time, so that one may fail; what is less busy needs one.
    receivers, children = max(2, math.ceil(receiving)), max(2, math.ceil(fetching))
    filers, pollers = max(1, math.ceil(filing)), 1
    return Size(
        bridge_cores=receiving + filing + fetching,
        postgres_cores=postgres / USED,
        receivers=receivers,
        filing=filers,
        fetching=children,
        connections=OF_RECEIVER * receivers
        + OF_CHILD * (filers + children + pollers + SURVEY_CHILDREN)
        + OF_BEAT,
        disk_gib=365 * errands * (costs.errand_bytes + CALLBACKS * costs.callback_bytes) / 2**30,
    )


@click.command()
@click.option("--measure", type=click.IntRange(1_000, 1_000_000), help="So many errands first.")
def main(measure: int | None) -> None:
    """Print what centres of several sizes need."""
    if measure:
        COSTS.write_text(json.dumps(asdict(measured_costs(measure)), indent=2) + "\n", "utf-8")
    for line in markdown(Costs(**json.loads(COSTS.read_text("utf-8")))):
        print(line)


def markdown(costs: Costs) -> Iterator[str]:
    """Yield both tables line by line."""
    yield f"Measured {costs.measured}; other work used {costs.other_load:.0%} of the machine"
    yield ""
    yield "| cost | worker, CPU ms | receiver, CPU ms | Postgres, CPU ms | database, KiB |"
    yield "|---|---|---|---|---|"
    errand = (costs.errand_worker_s, None, costs.errand_postgres_s, costs.errand_bytes)
    callback = (
        costs.callback_worker_s,
        costs.callback_receiver_s,
        costs.callback_postgres_s,
        costs.callback_bytes,
    )
    for what, (worker, receiver, postgres, octets) in {
        "an errand that is fetched": errand,
        "a callback, with all that follows": callback,
    }.items():
        figures = (
            "-" if one is None else f"{1000 * one:.2f}" for one in (worker, receiver, postgres)
        )
        yield f"| {what} | {' | '.join(figures)} | {octets / 1024:.1f} |"
    yield ""
    yield (
        "| errands a day | cores of the bridge | cores of Postgres | receiver processes"
        " | children for callbacks, for fetches | connections, at most | disk a year, GiB |"
    )
    yield "|---|---|---|---|---|---|---|"
    for errands in ERRANDS_A_DAY:
        one = size(errands, costs)
        yield (
            f"| {errands:,} | {one.bridge_cores:.2f} | {one.postgres_cores:.2f} | {one.receivers}"
            f" | {one.filing}, {one.fetching} | {one.connections} | {one.disk_gib:,.0f} |"
        )


def measured_costs(number: int) -> Costs:
    """Measure so many changed errands, and so many callbacks, on servers of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="cention-sizing-") as folder,
        running_source() as source,
        race_servers(Path(folder) / "logs") as servers,
        servers.trial("sizing") as trial,
    ):
        bridge = Bridge(trial, source.url)
        workers = [bridge.start(f"worker-{queue}").pid for queue in ("polls", "fetch", "callbacks")]
        receiver = bridge.start("receiver").pid
        wait_until(lambda: answers(f"http://127.0.0.1:{bridge.port}/health/live"))
        source.change(WARM_UP, 1000, rendered=False)
        store_all(trial, source)
        roots = {"worker": workers, "receiver": [receiver], "postgres": [trial.postgres_pid]}
        with _grown(trial) as errand_bytes, measured(**roots) as errands:
            source.change(FIRST, number, rendered=False)
            store_all(trial, source)
        with _grown(trial) as callback_bytes, measured(**roots) as callbacks:
            load.drive(bridge.port, secret=SECRET, first=ANSWERED, count=number)
            _wait_for_rest(trial)
    return Costs(
        measured=f"{datetime.now(UTC):%Y-%m-%d}, {number:,} of each, {table.machine()}",
        other_load=max(errands.other_load, callbacks.other_load),
        errand_worker_s=errands.cpu_s["worker"] / number,
        errand_postgres_s=errands.cpu_s["postgres"] / number,
        errand_bytes=errand_bytes[0] / number,
        callback_receiver_s=callbacks.cpu_s["receiver"] / number,
        callback_worker_s=callbacks.cpu_s["worker"] / number,
        callback_postgres_s=callbacks.cpu_s["postgres"] / number,
        callback_bytes=callback_bytes[0] / number,
    )


@contextmanager
def _grown(trial: Trial) -> Iterator[list[int]]:
    """Yield a list that has, once the block has ended, by how many bytes the database grew."""
    grown: list[int] = []
    with trial.connect() as conn:
        before = disk_of(conn)["database"]
        yield grown
        grown.append(disk_of(conn)["database"] - before)


def _wait_for_rest(trial: Trial) -> None:
    with trial.connect() as conn:
        for question in (DONE, BRIDGE_DONE):
            wait_until(lambda asked=question: conn.execute(asked).fetchall()[0][0], every_s=0.2)


if __name__ == "__main__":
    main()
