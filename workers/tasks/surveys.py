"""The task that decides which customers are asked."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import Queue, TaskName
from workers.surveys.jobs.decide import decide
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.SURVEY_DECIDE, queue=Queue.SURVEYS)
def survey_decide(self: BridgeTask, workspace: str) -> None:
    """Decide about every errand of one workspace whose time has come."""
    chosen = context().survey_workspaces.get(workspace)
    if chosen is not None:  # else it is no longer in the settings
        decide(chosen, session=context().session)
