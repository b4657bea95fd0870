"""What a measurement costs: CPU seconds by process, memory, and what else the machine did."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

CORES = os.cpu_count() or 1
SAMPLE_EVERY_S = 0.15
OTHERS = "others"
RSS_PER_PSS = 10  # finding all processes, and adding up shared pages, takes long


@dataclass(slots=True, kw_only=True)
class Usage:
    """The cost of what a block did, complete once the block has ended."""

    took_s: float = 0.0
    cpu_s: Mapping[str, float] = field(default_factory=dict)  # by the names that were given
    rss_bytes: int = 0  # peak sum over the processes of the first name
    pss_bytes: int = 0  # the same, with shared pages counted once
    other_cpu_s: float = 0.0  # of all processes but the named ones and this one
    other_took_s: float = 1.0  # in this time, which is a little longer

    @property
    def other_load(self) -> float:
        """The share of the machine that others used, from 0 to 1."""
        return self.other_cpu_s / (self.other_took_s * CORES)


@contextmanager
def measured(**named: Iterable[int]) -> Iterator[Usage]:
    """Measure the block: by name, the processes with these ids and all that they start.

    CPU times are exact to a clock tick (0.01 s) per process.
    """
    roots = {name: tuple(pids) for name, pids in named.items()}
    usage = Usage()
    with _peaks(next(iter(roots.values()), ()), usage):
        before_s, before = _look(roots)
        began_s = time.perf_counter()
        yield usage
        usage.took_s = time.perf_counter() - began_s
        after_s, after = _look(roots)
    spent = {name: after[name] - before[name] for name in after}
    usage.other_cpu_s = max(0.0, spent.pop(OTHERS))
    usage.other_took_s = after_s - before_s
    usage.cpu_s = spent


def cpu_s(*pids: int) -> float:
    """Return the CPU seconds of these processes, and of all that they have started."""
    # User and system, of itself and of children that have ended.
    return sum(sum(times[:4]) for times in _each(psutil.Process.cpu_times, _trees(pids)))


def _look(roots: Mapping[str, tuple[int, ...]]) -> tuple[float, dict[str, float]]:
    """Return the time, and the CPU seconds until then of the named processes and of all others.

    This process, and its children that have ended, count to neither.
    """
    now_s, machine = time.perf_counter(), psutil.cpu_times()
    found = {name: cpu_s(*pids) for name, pids in roots.items()}
    busy_s = machine.user + machine.nice + machine.system
    busy_s += machine.irq + machine.softirq + machine.steal
    own_s = sum(psutil.Process().cpu_times()[:4])
    return now_s, {**found, OTHERS: busy_s - sum(found.values()) - own_s}


@contextmanager
def _peaks(pids: tuple[int, ...], usage: Usage) -> Iterator[None]:
    """Keep the peaks of memory in ``usage`` while the block runs."""
    ended = threading.Event()

    def sample() -> None:
        while not ended.is_set():
            processes = _trees(pids)
            full = _each(psutil.Process.memory_full_info, processes)
            usage.pss_bytes = max(usage.pss_bytes, sum(each.pss for each in full))
            for _ in range(RSS_PER_PSS):
                plain = _each(psutil.Process.memory_info, processes)
                usage.rss_bytes = max(usage.rss_bytes, sum(each.rss for each in plain))
                if ended.wait(SAMPLE_EVERY_S):
                    return

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield
    finally:
        ended.set()
        sampler.join()


def _trees(pids: Iterable[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
    return found


def _each(
    question: Callable[[psutil.Process], Any], processes: Iterable[psutil.Process]
) -> Iterator[Any]:
    """Yield the answers of the processes that have not ended meanwhile."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield question(process)
