"""What is sampled during a soak: memory of processes, lengths of queues, sizes of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psutil
import psycopg
from psycopg import sql
from redis import Redis

from tests.bench.soak.verdicts import Sample, Verdict, of_table
from workers.config.names import QUEUE_OF

LISTS = {
    # Without those that wait on purpose, such as 30 s to confirm that a file is missing.
    "the list of what is due": """
        SELECT count(*) FROM intake.wanted WHERE parked_at IS NULL AND due_at <= now()""",
    "callbacks that are not filed": "SELECT count(*) FROM intake.callback WHERE filed_at IS NULL",
}
HOT = (
    *("intake.wanted", "intake.callback", "intake.landed", "cention.errand"),
    *("cention.errand_action", "cention.errand_version", "analyst.errand_metrics"),
)


NOT_DONE = """
    SELECT EXISTS (SELECT FROM intake.wanted WHERE parked_at IS NULL)
        OR EXISTS (SELECT FROM intake.callback WHERE filed_at IS NULL)"""


def is_at_rest(conn: psycopg.Connection[Any]) -> bool:
    """Return whether nothing is wanted any more, and every callback is filed."""
    return not conn.execute(NOT_DONE).fetchall()[0][0]


def lists(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the lengths of the lists in the database, by name."""
    return {
        what: int(conn.execute(question).fetchall()[0][0])  # type: ignore[call-overload]
        for what, question in LISTS.items()
    }


def take(conn: psycopg.Connection[Any], broker: Redis, roots: Mapping[str, int]) -> Sample:
    """Sample now; ``roots`` are the main processes, which count with their children."""
    lengths = lists(conn)
    for queue in sorted(set(map(str, QUEUE_OF.values()))):
        lengths[f"messages for {queue}"] = int(broker.llen(queue))
    return Sample(memory={name: _memory(pid) for name, pid in roots.items()}, queues=lengths)


def _memory(pid: int) -> int:
    """Return the bytes of a process and its children; what they share counts once."""
    found = 0
    for process in _tree(pid):
        try:
            found += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return found


def _tree(pid: int) -> Iterator[psutil.Process]:
    root = psutil.Process(pid)
    yield root
    yield from root.children(recursive=True)


def bloat(conn: psycopg.Connection[Any], say: Callable[[str], None]) -> Iterator[Verdict]:
    """Write each hot table anew, and compare its size and that of its indexes."""
    for name in HOT:
        say(f"writing {name} anew")
        table = sql.SQL(name)
        found = _size(conn, name)
        conn.execute(sql.SQL("VACUUM FULL {}").format(table))
        yield of_table(name, found=found, packed=_size(conn, name))


def _size(conn: psycopg.Connection[Any], name: str) -> int:
    [[size]] = conn.execute("SELECT pg_total_relation_size(%s::regclass)", [name]).fetchall()
    return int(size)
