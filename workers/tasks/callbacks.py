"""The task that files callbacks."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import TaskName
from workers.sync.jobs.file_callbacks import file_callbacks
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.FILE_CALLBACKS)
def file(self: BridgeTask, workspace: str) -> None:
    """File a batch of callbacks; nudge drains of the families in which records are wanted now."""
    result = file_callbacks(workspace, transaction=context().transaction)
    for family in sorted(result.families):
        self.nudge_unless_behind(TaskName.DRAIN, workspace, family)
    if result.more:
        self.nudge(TaskName.FILE_CALLBACKS, workspace)
