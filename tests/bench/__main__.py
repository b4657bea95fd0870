"""``make bench``: runs all measurements, or the named ones, and prints the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.bench import (
    analytics,
    backlog,
    beside,
    end_to_end,
    exports,
    history,
    reading,
    receiver,
    survey_pages,
    surveys,
    table,
    web,
)
from tests.bench.servers import BenchServers, bench_servers
from tests.bench.table import Row

MEASUREMENTS: dict[str, tuple[Callable[[BenchServers], Iterator[Row]], ...]] = {
    "reading": (reading.measure,),
    "receiving": (receiver.measure,),
    "backlog": (backlog.measure, history.measure),
    "history": (history.measure,),
    "memory": (backlog.measure_memory,),
    "whole": (end_to_end.measure,),
    "surveys": (surveys.measure,),
    "beside": (beside.measure,),
    "pages": (survey_pages.measure,),
    "exports": (exports.measure,),
    "analytics": (analytics.measure,),
    "web": (web.measure,),
}


def main(names: list[str]) -> None:
    """Print the rows as they are measured, each measurement on its own servers."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
    for line in table.markdown(rows(names or list(MEASUREMENTS))):
        print(line, flush=True)


def rows(names: list[str]) -> Iterator[Row]:
    for measure in dict.fromkeys(one for name in names for one in MEASUREMENTS[name]):
        with bench_servers() as servers:
            yield from measure(servers)


main(sys.argv[1:])
