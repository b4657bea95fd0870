"""Privacy, once an hour: what was kept for long enough goes, what was erased stays away."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import Queue, TaskName
from workers.privacy.jobs.retention import retain as retain_once
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.RETAIN, queue=Queue.FETCH)
def retain(self: BridgeTask) -> None:
    """Take away what may not be kept for longer; nudge again if there is more of it."""
    if retain_once(context().retention, session=context().session).more:
        self.nudge(TaskName.RETAIN, Queue.FETCH)
