"""The task that refreshes mirrors."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import Mirror, TaskName
from workers.mirrors.jobs.refresh import refresh_if_due
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.MIRROR)
def mirror(self: BridgeTask, workspace: str, mirror: str) -> None:
    """Refresh one mirror of one workspace, if it is due."""
    spec = context().mirrors.get((workspace, Mirror(mirror)))
    if spec is not None:  # else there is no token for it, or no interval
        refresh_if_due(spec, session=context().session)
