"""Renewing what is mirrored on a schedule, when nudged."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import Mirror, Queue, TaskName
from workers.mirrors.jobs.refresh import refresh_if_due
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.MIRROR, queue=Queue.FETCH)
def mirror(self: BridgeTask, workspace: str, mirror: str) -> None:
    """Renew one picture of one workspace, if its time has come."""
    plan = context().mirrors.get((workspace, Mirror(mirror)))
    if plan is not None:  # else there is no token for it, or no interval
        refresh_if_due(plan, session=context().session)
