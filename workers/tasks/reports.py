"""The task that sends weekly reports."""

from __future__ import annotations

from celery import shared_task

from workers.analytics.jobs.reports.send import send_due
from workers.config.names import TaskName
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.REPORT)
def report(self: BridgeTask, workspace: str) -> None:
    """Send the reports of one workspace that are due."""
    mail = context().report_mails.get(workspace)
    if mail is not None:  # else the settings name nobody
        send_due(mail, session=context().session)
