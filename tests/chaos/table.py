"""What a storm came to, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.bench.table import machine
from tests.chaos.recovery import Recovery
from tests.chaos.storm import RECOVERED_WITHIN_S, Reckoning


def markdown(reckoning: Reckoning) -> Iterator[str]:
    """Yield the tables line by line."""
    weather, stats = reckoning.weather, reckoning.stats
    yield f"Seed {weather.seed}, {weather.seconds:.0f} s of strikes, {machine()}"
    yield ""
    yield "| what happened | |"
    yield "|---|---|"
    for what, figure in _totals(reckoning):
        yield f"| {what} | {figure} |"
    yield ""
    yield f"| fault | survived | recovery, median s | max s (target {RECOVERED_WITHIN_S:.0f}) |"
    yield "|---|---|---|---|"
    for kind, found in sorted(reckoning.recoveries.items()):
        yield f"| {kind} | {len(found)} | {_figures(found)} |"
    for kind, count in sorted(stats["faults"].items()):
        yield f"| Cention: {kind} | {count} | | |"


def _totals(reckoning: Reckoning) -> Iterator[tuple[str, object]]:
    stats = reckoning.stats
    yield "changes made at Cention", sum(stats["changes"].values())
    yield "callbacks accepted", stats["callbacks"]["accepted"]
    yield "callbacks filed + kept as problems", f"{reckoning.kept[0]} + {reckoning.kept[1]}"
    yield "lost", len(reckoning.lost)
    yield "applied twice", sum(reckoning.doubled.values())
    yield "all in the database after the last fault, s", f"{reckoning.calm_after_s:.0f}"


def _figures(found: list[Recovery]) -> str:
    seconds = [one.seconds for one in found]
    return f"{statistics.median(seconds):.1f} | {max(seconds):.1f}"
