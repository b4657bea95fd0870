"""The tasks that poll lists of changes and drain families."""

from __future__ import annotations

from functools import partial

from celery import shared_task

from workers.config.names import Family, TaskName
from workers.operations.store.work_counts import Kind
from workers.sync.jobs.drain import drain as drain_once
from workers.sync.jobs.poll import poll_due
from workers.tasks.base import BridgeTask, context, counter


@shared_task(bind=True, base=BridgeTask, name=TaskName.POLL, takes_workspaces=True)
def poll(self: BridgeTask, *workspaces: str) -> None:
    """Poll the lists of changed records of workspaces; nudge a drain of each that names any."""
    poll_due(
        [changed for name in workspaces for changed in context().changed_lists.get(name, ())],
        every_s=context().poll_every_s,
        session=context().session,
        on_listed=lambda changed: self.nudge_unless_behind(
            TaskName.DRAIN, changed.workspace, changed.family
        ),
    )


@shared_task(bind=True, base=BridgeTask, name=TaskName.DRAIN)
def drain(self: BridgeTask, workspace: str, family: str) -> None:
    """Drain one batch; nudge another drain if there may be more."""
    spec = context().families.get((workspace, Family(family)))
    if spec is None:  # no token for it: the records wait
        return
    result = drain_once(
        spec,
        session=context().session,
        loop=context().fetch_loop,
        nudge_another=partial(self.nudge_unless_behind, TaskName.DRAIN, workspace, family),
    )
    for outcome, number in result.outcomes.items():
        counter.add(Kind.FETCH, workspace=workspace, name=family, outcome=outcome, number=number)
    if result.more:
        self.nudge(TaskName.DRAIN, workspace, family)
