"""The base of every task: the worker's context, nudges, and the log of failures."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from celery import Celery, Task
from kombu.exceptions import OperationalError as BrokerError

from workers import wiring
from workers.config.broker import describe_failure
from workers.config.names import QUEUE_OF, Queue, TaskName
from workers.config.queue_lengths import MAX_WAITING, QueueLengths, most_waiting
from workers.config.settings import load_settings
from workers.database import error_messages
from workers.operations.jobs.work_counter import WorkCounter
from workers.operations.store.work_counts import Kind
from workers.wiring import WorkerContext

log = structlog.get_logger(__name__)
counter = WorkCounter()  # of this process

_built: dict[int, WorkerContext] = {}
_building = threading.Lock()
_lengths: dict[Celery, QueueLengths] = {}


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


def _lengths_of(app: Celery) -> QueueLengths:
    """Return what counts the messages of queues; its connection is that of this process."""
    if app not in _lengths:
        _lengths[app] = QueueLengths(app.connection_for_read)
    return _lengths[app]


class BridgeTask(Task):  # type: ignore[misc]  # celery carries no types
    """A task that is never retried: the sweep finds its work again if it fails.

    Its first argument, if it has one, is a workspace, or all its arguments are, if it
    ``takes_workspaces``; nothing is done for one that has moved.
    """

    acks_late = True
    ignore_result = True
    takes_workspaces = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        began, outcome = time.monotonic(), "failed"
        with structlog.contextvars.bound_contextvars(task=self.name):
            try:
                result = None
                accepted = self._accepted(args)
                if accepted or not args:
                    result = super().__call__(*accepted, **kwargs)
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

    def _accepted(self, args: Sequence[Any]) -> Sequence[Any]:
        """Return the arguments without workspaces that have moved; none if its only one has."""
        if self.takes_workspaces:
            return [name for name in args if not context().addresses.refuses(name)]
        return () if args and context().addresses.refuses(args[0]) else args

    def _count(self, args: Sequence[Any], outcome: str, seconds: float) -> None:
        of_several = self.takes_workspaces and len(args) > 1
        of_none = not args or of_several or self.name == TaskName.CANARY
        workspace = "" if of_none else str(args[0])
        counter.add(
            Kind.TASK, workspace=workspace, name=self.name, outcome=outcome, seconds=seconds
        )

    def nudge(self, task: TaskName, *args: str, queue: Queue | None = None) -> None:
        """Send a nudge, to the queue of the task if no other is named.

        If the broker rejects it, the sweep sends another. For one that takes the place of the
        message of this task; see ``nudge_unless_behind`` for others.
        """
        try:
            self.app.send_task(task, args=args, queue=queue, retry=False)
        except (BrokerError, OSError) as error:
            log.warning("nudge not sent", nudge=task, reason=describe_failure(error))

    def nudge_unless_behind(self, task: TaskName, *args: str, times: int = 1) -> None:
        """Send a nudge, unless the workers of its queue are behind.

        They are if so many messages wait, ``times`` what is usual, that another would do nothing
        that these do not do. The sweep sends it once they have caught up.
        """
        most = times * most_waiting(len(context().workspaces))
        if _lengths_of(self.app).may_send(QUEUE_OF[task], most=most):
            self.nudge(task, *args)

    def nudge_unless_full(self, task: TaskName, *args: str) -> None:
        """Send a nudge, also to workers that are behind, unless their queue is full."""
        if _lengths_of(self.app).may_send(QUEUE_OF[task], most=MAX_WAITING):
            self.nudge(task, *args)
