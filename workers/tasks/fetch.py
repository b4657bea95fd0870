"""The tasks that poll lists of changes and drain families."""

from __future__ import annotations

from functools import partial

from celery import shared_task

from workers.config.names import Family, TaskName
from workers.operations.store.work_counts import Kind
from workers.sync.jobs.drain import drain as drain_once
from workers.sync.jobs.poll import poll_if_due
from workers.tasks.base import BridgeTask, context, counter


@shared_task(bind=True, base=BridgeTask, name=TaskName.POLL)
def poll(self: BridgeTask, workspace: str) -> None:
    """Poll the lists of changed records; nudge a drain of each that lists any."""
    for changed in context().changed_lists.get(workspace, ()):
        listed = poll_if_due(changed, every_s=context().poll_every_s, session=context().session)
        if listed:
            self.nudge_drain(workspace, changed.family)


@shared_task(bind=True, base=BridgeTask, name=TaskName.DRAIN)
def drain(self: BridgeTask, workspace: str, family: str) -> None:
    """Drain one batch; nudge another drain if there may be more."""
    spec = context().families.get((workspace, Family(family)))
    if spec is None:  # no token for it: the records wait
        return
    nudge_another = partial(self.nudge_drain, workspace, spec.family)
    result = drain_once(
        spec,
        session=context().session,
        loop=context().fetch_loop,
        nudge_another=nudge_another,
    )
    for outcome, number in result.outcomes.items():
        counter.add(Kind.FETCH, workspace=workspace, name=family, outcome=outcome, number=number)
    if result.more:
        nudge_another()
