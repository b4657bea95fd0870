"""The table that `make bench` prints, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    figure: str
    more: str = ""


def machine() -> str:
    """Describe the machine in one line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.platform()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def markdown(rows: Iterable[Row]) -> Iterable[str]:
    """Yield the table line by line."""
    yield "| what | figure | more |"
    yield "|---|---|---|"
    for row in rows:
        yield f"| {row.what} | {row.figure} | {row.more} |"
