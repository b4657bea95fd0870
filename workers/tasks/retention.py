"""The task that ends what customers left, and applies retention and erasure once an hour."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import TaskName
from workers.privacy.jobs.retention import retain_if_due
from workers.surveys.store import conversations
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.RETAIN)
def retain(self: BridgeTask) -> None:
    """End surveys that were left; remove data past its retention; nudge again if there is more."""
    with context().session() as conn:
        conversations.end_left(conn)
    if retain_if_due(context().retention, session=context().session):
        self.nudge(TaskName.RETAIN)
