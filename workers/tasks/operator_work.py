"""The task that carries out what operators ask for in the web face."""

from __future__ import annotations

from celery import shared_task

from workers import wiring
from workers.config.names import TaskName
from workers.config.settings import load_settings
from workers.operations.jobs.operator_work import Tools, carry_out_next
from workers.tasks.base import BridgeTask, context

LIMIT_S = 6 * 3600  # a large database is searched for long


@shared_task(
    bind=True,
    base=BridgeTask,
    name=TaskName.OPERATOR_WORK,
    time_limit=LIMIT_S,
    acks_late=False,  # the request is in Postgres; a message that comes again helps nobody
)
def operator_work(self: BridgeTask) -> None:
    """Carry out one request, then let other tasks have the worker before the next."""
    tools = Tools(
        session=context().session,
        settings=load_settings(),
        survey_workspaces=context().survey_workspaces,
        clients=wiring,
    )
    if carry_out_next(tools):
        self.nudge(TaskName.OPERATOR_WORK)
