"""Filing callbacks, when nudged."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import Queue, TaskName
from workers.sync.jobs.file_callbacks import file_callbacks
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.FILE_CALLBACKS, queue=Queue.CALLBACKS)
def file(self: BridgeTask, workspace: str) -> None:
    """File what waits, and have what it names fetched."""
    filed = file_callbacks(workspace, transaction=context().transaction)
    for family in sorted(filed.families):
        self.nudge_drain(workspace, family)
    if filed.more:
        self.nudge(TaskName.FILE_CALLBACKS, Queue.CALLBACKS, workspace)
