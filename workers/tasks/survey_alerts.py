"""The task that creates errands for bad scores."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import TaskName
from workers.surveys.jobs.alert import send_alerts
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.SURVEY_ALERT)
def survey_alert(self: BridgeTask, workspace: str) -> None:
    """Create the errands of one workspace for scores that its rules call bad."""
    client = context().errands.get(workspace)
    if client is not None:  # else there is no token for it
        send_alerts(workspace, client, session=context().session)
