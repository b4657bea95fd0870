"""The task that computes the figures of errands for analysts."""

from __future__ import annotations

from celery import shared_task

from workers.analytics.jobs.recompute import recompute
from workers.config.names import TaskName
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.METRICS)
def metrics(self: BridgeTask) -> None:
    """Compute the figures of what changed; nudge again if there is more."""
    if recompute(context().session):
        self.nudge(TaskName.METRICS)
