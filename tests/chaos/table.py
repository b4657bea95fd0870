"""The report of a campaign as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.bench.table import machine
from tests.chaos import conversation_truth, survey_truth
from tests.chaos.campaign import RECOVERED_WITHIN_S, Report
from tests.chaos.recovery import Recovery


def markdown(report: Report) -> Iterator[str]:
    """Yield the tables line by line."""
    plan, stats = report.plan, report.stats
    hosts = f"{plan.hosts} hosts, " if plan.hosts else ""
    yield f"{datetime.now(UTC):%Y-%m-%d}, {hosts}seed {plan.seed}, {plan.seconds:.0f} s of faults,"
    yield machine()
    yield ""
    yield "| what happened | |"
    yield "|---|---|"
    for what, figure in _totals(report):
        yield f"| {what} | {figure} |"
    yield ""
    yield f"| fault | survived | recovery, median s | max s (target {RECOVERED_WITHIN_S:.0f}) |"
    yield "|---|---|---|---|"
    for kind, found in sorted(report.recoveries.items()):
        yield f"| {kind} | {len(found)} | {_figures(found)} |"
    for kind, count in sorted(stats["faults"].items()):
        yield f"| sandbox: {kind} | {count} | | |"


def _totals(report: Report) -> Iterator[tuple[str, object]]:
    stats = report.stats
    yield "changes made at Cention", sum(stats["changes"].values())
    yield "callbacks accepted", stats["callbacks"]["accepted"]
    yield "callbacks filed + stored with a problem", f"{report.stored[0]} + {report.stored[1]}"
    if report.surveys:
        yield from survey_truth.totals(report.surveys)
    if report.conversations:
        yield from conversation_truth.totals(report.conversations)
    if packets := report.packets:
        clocks = ", ".join(f"{one:+d}" for one in report.clocks_s)
        yield "clocks of the hosts are ahead by, s", clocks
        yield "packets carried, and of these delayed", f"{packets.carried}, {packets.delayed}"
        yield "packets lost on purpose", packets.lost
    yield "pushes of answers, and not accepted", f"{report.pushes[0]}, {report.pushes[1]}"
    history = report.history
    yield "fetches of errands stored, and their versions", f"{history.stored}, {history.versions}"
    yield "answers lost with a process, and asked for again", history.repeated
    yield "versions of errands that differ", len(history.differences)
    yield "lost", len(report.lost)
    yield "applied twice", sum(report.duplicates.values())
    yield "all in the database after the last fault, s", f"{report.calm_after_s:.0f}"


def _figures(found: list[Recovery]) -> str:
    seconds = [one.seconds for one in found]
    return f"{statistics.median(seconds):.1f} | {max(seconds):.1f}"
