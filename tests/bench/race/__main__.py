"""``make race``: the bridge and its peers do the same work by turns, and tables are printed."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from tests.bench.race import drain, install, receivers, report
from tests.bench.race.bridge import TITLE, fetching
from tests.bench.race.report import Result
from tests.bench.race.trial import ROOT, race_servers
from tests.bench.servers import running_source
from tests.bench.table import machine

ALL = (*drain.CONTESTANTS, *receivers.CONTESTANTS)
NAMES = tuple(dict.fromkeys(each.name for each in ALL))
TRIES = 2  # of a run beside which others used too much of the machine
LOGS = install.INSTALLED / "logs"  # of the last race


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A contestant of the race, and its results."""

    title: str
    run: Callable[[], Result]
    results: list[Result] = field(default_factory=list)


def main() -> None:
    chosen = options().parse_args()
    missing = install_all(chosen.only)
    began_s = time.monotonic()
    shutil.rmtree(LOGS, ignore_errors=True)
    with (
        running_source() as source,
        race_servers(LOGS) as servers,
    ):
        drain.render(source, chosen.errands)
        source.set_latency(chosen.latency_ms / 1000)
        drains = [
            Entry(title=each.title, run=partial(drain.run, each, servers, source, chosen.errands))
            for each in drain.CONTESTANTS
            if each.name in chosen.only and each.needs not in missing
        ]
        callbacks = [
            Entry(title=each.title, run=partial(receivers.run, each, servers, chosen.seconds))
            for each in receivers.CONTESTANTS
            if each.name in chosen.only and each.needs not in missing
        ]
        for number in range(chosen.rounds):
            for entry in (*rotated(drains, number), *rotated(callbacks, number)):
                run(entry, number)
    for line in heading(chosen, missing, took_s=time.monotonic() - began_s):
        print(line)
    print_tables(drains, callbacks)


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make race", description=__doc__)
    parser.add_argument("--errands", type=int, default=10_000, help="of a run (10000)")
    parser.add_argument("--seconds", type=float, default=10, help="of a run with callbacks (10)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument("--latency-ms", type=float, default=0, help="of each answer (0)")
    parser.add_argument("--only", type=some, default=NAMES, help=f"some of {','.join(NAMES)}")
    return parser


def some(text: str) -> Sequence[str]:
    """Return the names in a list with commas. Raises ``ArgumentTypeError`` for one that is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in NAMES]:
        known = ", ".join(NAMES)
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} does not race; these do: {known}")
    return names


def install_all(names: Sequence[str]) -> dict[str, str]:
    """Install what these contestants need; return what cannot be installed, and why."""
    missing = {}
    for needed in sorted({each.needs for each in ALL if each.name in names} - {""}):
        try:
            install.install(needed)
        except install.NotInstalled as error:
            missing[needed] = str(error)
            print(f"  not installed: {error}", file=sys.stderr, flush=True)
    return missing


def rotated(entries: Sequence[Entry], number: int) -> Sequence[Entry]:
    """Return the entries with another one first in each round."""
    first = number % len(entries) if entries else 0
    return [*entries[first:], *entries[:first]]


def run(entry: Entry, number: int) -> None:
    """Run a contestant, again if others disturbed it; a contestant that fails does not end all."""
    for _ in range(TRIES):
        try:
            result = entry.run()
        except Exception as error:
            say(f"round {number + 1}: {entry.title}: FAILED {type(error).__name__}: {error}")
            return
        entry.results.append(result)
        disturbed = f", other load {result.other_load:.0%}" if result.is_disturbed else ""
        say(f"round {number + 1}: {entry.title}: {result.per_s:,.0f}/s, {result.rows}{disturbed}")
        if not disturbed:
            return


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def heading(chosen: argparse.Namespace, missing: dict[str, str], *, took_s: float) -> Iterator[str]:
    """Yield when, where and with what the race was run."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    processes, connections = fetching()
    needed = {each.needs for each in ALL if each.name in chosen.only} - {"", *missing}
    yield f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, Python {sys.version.split()[0]}"
    yield (
        f"{chosen.errands:,} errands, {chosen.latency_ms:g} ms latency, {chosen.seconds:g} s with "
        f"callbacks, {chosen.rounds} rounds in {took_s / 60:.1f} min; floors with {connections} "
        f"connections of {processes} processes, as the bridge"
    )
    yield ", ".join([f"bridge {commit}", *install.versions(needed)])
    for name, why in missing.items():
        titles = ", ".join(each.title for each in ALL if each.needs == name)
        yield f"not installed: {titles}: {why}"


def print_tables(drains: Iterable[Entry], callbacks: Iterable[Entry]) -> None:
    stored = {entry.title: entry.results for entry in drains}
    accepted = {entry.title: entry.results for entry in callbacks}
    compare = partial(report.table, bridge=TITLE)
    loaded = partial(compare, load="load generator", latencies=True)
    tables = [
        compare(stored, what="errands", load="source", floor=drain.FLOOR),
        loaded(accepted, what="callbacks", floor=receivers.FLOOR),
    ]
    for found in tables:
        print()
        for line in found:
            print(line)


if __name__ == "__main__":
    main()
