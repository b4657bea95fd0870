"""Canaries: tasks that show whether workers answer on each queue."""

from __future__ import annotations

from workers.config.names import Queue
from workers.database import Transaction
from workers.operations.jobs import clocks
from workers.operations.store import canaries


def record_sent(queue: Queue, *, transaction: Transaction) -> None:
    """Record that a canary was sent to a queue."""
    with transaction() as conn:
        canaries.record_sent(conn, queue)


def record_answer(queue: Queue, *, transaction: Transaction) -> None:
    """Record that a worker received the canary of its queue, and its clock."""
    with transaction() as conn:
        canaries.record_answer(conn, queue)
        clocks.measure_and_record(conn, f"worker of {queue}")
