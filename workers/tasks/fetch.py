"""Polling and draining, when nudged."""

from __future__ import annotations

from functools import partial

from celery import shared_task

from workers.config.names import Family, Queue, TaskName
from workers.sync.jobs.drain import drain as drain_once
from workers.sync.jobs.poll import poll_if_due
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.POLL, queue=Queue.POLLS)
def poll(self: BridgeTask, workspace: str) -> None:
    """Ask for the lists of what changed, and have it fetched."""
    for changed in context().changed_lists.get(workspace, ()):
        found = poll_if_due(changed, every_s=context().poll_every_s, session=context().session)
        if found:
            self.nudge_drain(workspace, changed.family)


@shared_task(bind=True, base=BridgeTask, name=TaskName.DRAIN, queue=Queue.FETCH)
def drain(self: BridgeTask, workspace: str, family: str) -> None:
    """Fetch and write one batch; nudge again if there may be more."""
    spec = context().families.get((workspace, Family(family)))
    if spec is None:  # no token for it: the records wait
        return
    nudge_another = partial(self.nudge_drain, workspace, spec.family)
    drained = drain_once(
        spec,
        session=context().session,
        fetchers=context().fetchers,
        nudge_another=nudge_another,
    )
    if drained.more:
        nudge_another()
