"""The base of every task: the worker's context, nudges, and the log of failures."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from celery import Task
from kombu.exceptions import OperationalError as BrokerError

from workers import wiring
from workers.config.broker import describe_failure
from workers.config.names import Family, Queue, TaskName
from workers.config.settings import load_settings
from workers.database import error_messages
from workers.operations.jobs.work_counter import WorkCounter
from workers.operations.store.work_counts import Kind
from workers.wiring import WorkerContext

log = structlog.get_logger(__name__)
counter = WorkCounter()  # of this process

_built: dict[int, WorkerContext] = {}
_building = threading.Lock()


def context() -> WorkerContext:
    """Return the context of this process. Each builds its own: pools do not survive a fork."""
    with _building:
        if os.getpid() not in _built:
            _built.clear()
            _built[os.getpid()] = wiring.build(load_settings())
        return _built[os.getpid()]


def write_counts(**_: Any) -> None:
    """Write what this process has counted, now and then; called after each task."""
    if counter.is_due():
        counter.write(context().session)


class BridgeTask(Task):  # type: ignore[misc]  # celery carries no types
    """A task that is never retried: the sweep finds its work again if it fails.

    Its first argument, if it has one, is a workspace; nothing is done for one that has moved.
    """

    acks_late = True
    ignore_result = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        began, outcome = time.monotonic(), "failed"
        with structlog.contextvars.bound_contextvars(task=self.name):
            try:
                result = None
                if not (args and context().addresses.refuses(args[0])):
                    result = super().__call__(*args, **kwargs)
                outcome = "done"
                return result
            except psycopg.OperationalError as error:
                outcome = "no_database"
                log.warning(
                    "database unavailable",
                    error=type(error).__name__,
                    sqlstate=error.sqlstate,
                    reason=error_messages.reason_of_loss(error),
                )
                context().pool.check()
            finally:
                self._count(args, outcome, time.monotonic() - began)

    def _count(self, args: Sequence[Any], outcome: str, seconds: float) -> None:
        workspace = str(args[0]) if args and self.name != TaskName.CANARY else ""
        counter.add(
            Kind.TASK, workspace=workspace, name=self.name, outcome=outcome, seconds=seconds
        )

    def nudge(self, task: TaskName, *args: str, queue: Queue | None = None) -> None:
        """Send a nudge, to the queue of the task if no other is named.

        If the broker rejects it, the sweep sends another.
        """
        try:
            self.app.send_task(task, args=args, queue=queue, retry=False)
        except (BrokerError, OSError) as error:
            log.warning("nudge not sent", nudge=task, reason=describe_failure(error))

    def nudge_drain(self, workspace: str, family: Family) -> None:
        """Send a nudge to drain a family."""
        self.nudge(TaskName.DRAIN, workspace, family)
