"""The tasks of the sweep, the canaries, the housekeeping and the reconciliation."""

from __future__ import annotations

import random

from celery import shared_task

from workers.config.names import Queue, TaskName
from workers.config.queue_lengths import SWEEP_MOST
from workers.operations.jobs import canaries, housekeeping
from workers.operations.jobs.sweep import find_work, record_waits
from workers.sync.jobs import reconcile as reconcile_job
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.SWEEP)
def sweep(self: BridgeTask) -> None:
    """Nudge all pending work; of many sweeps at once only the first does."""
    if not context().sweep_throttle.allow():
        return
    try:
        _nudge_work(self)
    finally:
        context().sweep_throttle.end()


def _nudge_work(task: BridgeTask) -> None:
    work = find_work(context().transaction, context().families.keys())
    # In random order: if there is room for some, none is always the last.
    for workspace in random.sample(work.unfiled, len(work.unfiled)):
        task.nudge_unless_behind(TaskName.FILE_CALLBACKS, workspace, times=SWEEP_MOST)
    due = random.sample(work.due, len(work.due))
    for workspace, family in due[:1]:  # always: what waits may be of others, such as figures
        task.nudge_unless_full(TaskName.DRAIN, workspace, family)
    for workspace, family in due[1:]:
        task.nudge_unless_behind(TaskName.DRAIN, workspace, family, times=SWEEP_MOST)
    record_waits(context().transaction, context().families.keys(), context().workspaces)


@shared_task(bind=True, base=BridgeTask, name=TaskName.CANARY)
def canary(self: BridgeTask, queue: str = "") -> None:
    """Record that a worker answered on ``queue``.

    Without a queue, send a canary to each one, and do the housekeeping.
    """
    if queue:
        canaries.record_answer(Queue(queue), transaction=context().transaction)
        return
    for each in Queue:
        canaries.record_sent(each, transaction=context().transaction)
        self.nudge(TaskName.CANARY, each, queue=each)
    housekeeping.clean_up(context().session)


@shared_task(bind=True, base=BridgeTask, name=TaskName.RECONCILE)
def reconcile(self: BridgeTask) -> None:
    """Compare the records that Cention reported with those stored, every ten minutes."""
    reconcile_job.reconcile_if_due(context().transaction)
