"""Checks the clocks of beat, the workers and this machine against the database's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from workers.database import Connection
from workers.operations.jobs import clocks as measurement
from workers.operations.jobs.checks.finding import Finding, ok, warning
from workers.operations.jobs.sentences import Sentence, duration
from workers.operations.store import clocks
from workers.operations.store.clocks import Clock

MAX_DIFFERENCE_S = 2.0
HERE = "this command"


def clock_findings(conn: Connection) -> Iterator[Finding]:
    """Yield a warning for each clock more than 2 s away from the database's, or that all agree."""
    here = measurement.measure(conn, HERE)
    measured = [*clocks.recent(conn), *([here] if here else [])]
    off = [clock for clock in measured if abs(clock.ahead_s) > MAX_DIFFERENCE_S]
    by_place = itertools.groupby(
        sorted(off, key=lambda clock: (clock.host, round(clock.ahead_s))),
        key=lambda clock: (clock.host, round(clock.ahead_s)),
    )
    for _, group in by_place:
        yield warning(
            Sentence("about.clocks"), _sentence(list(group)), Sentence("remedy.clock_off")
        )
    if measured and not off:
        largest = max(abs(clock.ahead_s) for clock in measured)
        names = ", ".join(sorted({clock.process for clock in measured}))
        agree = Sentence("check.clocks_agree", seconds=f"{largest:.1f}", names=names)
        yield ok(Sentence("about.clocks"), agree)


def _sentence(alike: list[Clock]) -> Sentence:
    """Describe clocks of one machine that differ from the database's by the same time."""
    names = ", ".join(sorted({clock.process for clock in alike}))
    first = alike[0]
    key = "check.clock_ahead" if first.ahead_s > 0 else "check.clock_behind"
    return Sentence(key, names=names, host=first.host, away=duration(abs(first.ahead_s)))
