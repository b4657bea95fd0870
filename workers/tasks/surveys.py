"""The tasks that decide which customers are asked, ask them, and conduct surveys on our pages."""

from __future__ import annotations

from celery import shared_task

from workers.config.names import TaskName
from workers.surveys.jobs.converse import converse
from workers.surveys.jobs.decide import decide
from workers.surveys.jobs.invite import invite
from workers.surveys.store.decisions import INVITE
from workers.tasks.base import BridgeTask, context


@shared_task(bind=True, base=BridgeTask, name=TaskName.SURVEY_DECIDE)
def survey_decide(self: BridgeTask, workspace: str) -> None:
    """Decide about every errand of one workspace whose time has come; nudge their sending."""
    chosen = context().survey_workspaces.get(workspace)
    if chosen is None:  # it is no longer in the settings
        return
    result = decide(chosen, session=context().session)
    if result is not None and INVITE in result.numbers:
        self.nudge(TaskName.SURVEY_INVITE, workspace)


@shared_task(bind=True, base=BridgeTask, name=TaskName.SURVEY_CONVERSE)
def survey_converse(self: BridgeTask, workspace: str) -> None:
    """Ask vendors what the survey pages of one workspace wait for; nudge again if more waits."""
    if workspace not in context().survey_workspaces:
        return
    result = converse(
        workspace,
        context().conversation_vendors[workspace],
        session=context().session,
        threads=context().conversers,
    )
    if result is not None and result.more:
        self.nudge(TaskName.SURVEY_CONVERSE, workspace)


@shared_task(bind=True, base=BridgeTask, name=TaskName.SURVEY_INVITE)
def survey_invite(self: BridgeTask, workspace: str) -> None:
    """Send the invitations of one workspace that are due; nudge again if there may be more."""
    chosen = context().survey_workspaces.get(workspace)
    if chosen is None:
        return
    result = invite(
        chosen,
        context().survey_accounts[workspace],
        session=context().session,
        threads=context().inviters,
    )
    if result is not None and result.more:
        self.nudge(TaskName.SURVEY_INVITE, workspace)
