"""``make bench``: measure everything, or only what is named, and print the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.bench import backlog, receiving, table, whole
from tests.bench.stage import Stage, stage
from tests.bench.table import Row

MEASUREMENTS: dict[str, Callable[[Stage], Iterator[Row]]] = {
    "receiving": receiving.measure,
    "backlog": backlog.measure,
    "memory": backlog.measure_memory,
    "whole": whole.measure,
}


def main(names: list[str]) -> None:
    """Print the rows as they come, each measurement on servers of its own."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {table.machine()}\n")
    for line in table.markdown(rows(names or list(MEASUREMENTS))):
        print(line, flush=True)


def rows(names: list[str]) -> Iterator[Row]:
    for name in names:
        with stage() as servers:
            yield from MEASUREMENTS[name](servers)


main(sys.argv[1:])
