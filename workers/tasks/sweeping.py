"""The sweep and the canaries, when nudged."""

from __future__ import annotations

from celery import shared_task

from workers.jobs import sweeping
from workers.queues import Queue, TaskName
from workers.tasks.base import BridgeTask, parts


@shared_task(bind=True, base=BridgeTask, name=TaskName.SWEEP, queue=Queue.CALLBACKS)
def sweep(self: BridgeTask) -> None:
    """Nudge everything that waits."""
    work = sweeping.find_work(parts().transaction, parts().plans.keys())
    for workspace in work.unfiled:
        self.nudge(TaskName.FILE_CALLBACKS, Queue.CALLBACKS, workspace)
    for workspace, family in work.due:
        self.nudge_drain(workspace, family)


@shared_task(bind=True, base=BridgeTask, name=TaskName.CANARY, queue=Queue.CALLBACKS)
def canary(self: BridgeTask, queue: str = "") -> None:
    """Answer for a queue; without one, send a canary through every queue, and tidy up."""
    if queue:
        sweeping.answer_canary(Queue(queue), transaction=parts().transaction)
        return
    for each in Queue:
        sweeping.ask_canary(each, transaction=parts().transaction)
        self.nudge(TaskName.CANARY, each, each)
    sweeping.tidy(parts().transaction)
