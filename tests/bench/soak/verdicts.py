"""What the samples of a soak say: is memory flat, does no queue grow, are tables not bloated."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MIB = 2**20
FLAT = 1.10  # times what it was at first, and
FLAT_MIB = 16  # so much more, for what a process allocates once
BEHIND_S = 10  # a queue may grow by what arrives in so many seconds
BLOATED = 2.0  # times the size without dead and free space
SMALL_MIB = 16  # a table of this size costs nothing, however bloated


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was found at one moment."""

    memory: Mapping[str, int]  # bytes, by process
    queues: Mapping[str, int]  # lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of the table."""

    what: str
    first: str
    last: str
    limit: str
    kept: bool


def of_samples(samples: Sequence[Sample], *, per_s: float) -> Iterator[Verdict]:
    """Judge every process and every queue, to which ``per_s`` may arrive in a second.

    The first and the last third of the samples are compared, each by its median.
    """
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    for name in samples[-1].memory:
        began, ended = (_median(one.memory.get(name, 0) for one in part) for part in (first, last))
        limit = began * FLAT + FLAT_MIB * MIB
        yield Verdict(
            what=f"memory of {name}, MiB",
            first=f"{began / MIB:.0f}",
            last=f"{ended / MIB:.0f}",
            limit=f"{limit / MIB:.0f}",
            kept=ended <= limit,
        )
    for name in samples[-1].queues:
        began, ended = (_median(one.queues.get(name, 0) for one in part) for part in (first, last))
        limit = began + BEHIND_S * per_s
        yield Verdict(
            what=f"length of {name}",
            first=f"{began:,.0f}",
            last=f"{ended:,.0f}",
            limit=f"{limit:,.0f}",
            kept=ended <= limit,
        )


def of_table(name: str, *, found: int, packed: int) -> Verdict:
    """Judge a table by its bytes as found, and written anew without dead and free space."""
    limit = max(BLOATED * packed, SMALL_MIB * MIB)
    return Verdict(
        what=f"size of {name}: written anew, as found, MiB",
        first=f"{packed / MIB:.1f}",
        last=f"{found / MIB:.1f}",
        limit=f"{limit / MIB:.1f}",
        kept=found < limit,
    )


def _median(values: Iterator[int]) -> float:
    return statistics.median(values)
