"""The state of the bridge at one time: every figure of it, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workers.analytics.store import metrics_problems, sent_reports
from workers.analytics.store.metrics_problems import MetricsStatus
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection, migrate
from workers.database import workspaces as database_workspaces
from workers.mirrors.store import mirrors
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.jobs import alerts
from workers.operations.jobs.alerts import Alert
from workers.operations.store import status
from workers.operations.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.outbound.store import sent_commands, sent_errands
from workers.spool.layout import SpoolStatus
from workers.surveys.store import conversations, invitations, vendors
from workers.surveys.store.conversations import ConversationFigures
from workers.surveys.store.invitations import SurveyStatus
from workers.surveys.store.vendors import VendorPause


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeStatus:
    """The state of the bridge at one time."""

    at: datetime
    alarm: bool
    families: list[FamilyStatus]
    mirrors: list[MirrorStatus]
    inboxes: list[InboxStatus]
    queues: list[QueueStatus]
    figures: list[MetricsStatus]
    surveys: list[SurveyStatus]  # of workspaces with rules or invitations
    spool: SpoolStatus | None  # None: not on this machine
    notices: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SurveyFigures:
    """The surveys of all workspaces that are looked at."""

    statuses: Sequence[SurveyStatus]
    pauses: Sequence[VendorPause]
    conversations: Sequence[ConversationFigures]


def read_bridge_status(
    conn: Connection,
    workspaces: tuple[WorkspaceSettings, ...],
    *,
    workspace: str | None,
    spool: SpoolStatus | None,
) -> BridgeStatus:
    """Return the state of the bridge; with ``workspace``, which is the only one of ``workspaces``,
    only of that one. ``spool`` is that of this machine.
    """
    at = status.clock(conn)
    moved = database_workspaces.moved(conn, workspaces)
    families = [one for one in status.families(conn) if workspace in (None, one.workspace)]
    refreshed = [one for one in mirrors.statuses(conn) if workspace in (None, one.workspace)]
    inboxes = [one for one in status.inboxes(conn) if workspace in (None, one.workspace)]
    queues = status.queues(conn)
    figures = [one for one in metrics_problems.statuses(conn) if workspace in (None, one.workspace)]
    surveys = _surveys(conn, workspace)
    reports = sent_reports.unsettled(conn, workspace)
    unknown = sent_errands.unknown(conn, workspace) + sent_commands.unknown(conn, workspace)
    found = (
        *alerts.of_moved(moved),
        *(alert for one in families for alert in alerts.of_losses(one)),
        *alerts.of_queues(queues),
        *alerts.of_polls(families, workspaces, at=at),
        *(alert for one in families for alert in alerts.of_family(one, at=at)),
        *(alert for one in refreshed for alert in alerts.of_mirror(one, at=at)),
        *(alert for one in inboxes for alert in alerts.of_inbox(one)),
        *(alert for one in figures for alert in alerts.of_figures(one, at=at)),
        *alerts.of_version(migrate.unknown(conn)),
        *alerts.of_unknown(len(unknown)),
        *(alert for one in surveys.statuses for alert in alerts.of_surveys(one)),
        *(alert for one in reports for alert in alerts.of_report(one, at=at)),
        *(alert for one in surveys.pauses for alert in alerts.of_vendor(one)),
        *(alert for one in surveys.conversations for alert in alerts.of_conversations(one)),
        *alerts.of_spool(spool, at),
    )
    return BridgeStatus(
        at=at,
        alarm=any(alert.alarm for alert in found),
        families=families,
        mirrors=refreshed,
        inboxes=inboxes,
        queues=queues,
        figures=figures,
        surveys=[one for one in surveys.statuses if _is_in_use(one)],
        spool=spool,
        notices=found,
    )


def _surveys(conn: Connection, workspace: str | None) -> _SurveyFigures:
    return _SurveyFigures(
        statuses=[one for one in invitations.statuses(conn) if workspace in (None, one.workspace)],
        pauses=[one for one in vendors.pauses(conn) if workspace in (None, one.workspace)],
        conversations=[
            one for one in conversations.figures(conn) if workspace in (None, one.workspace)
        ],
    )


def _is_in_use(one: SurveyStatus) -> bool:
    """Return whether a workspace has surveys at all."""
    waits = one.due or one.sending or one.unknown
    return bool(one.rules_on or waits or one.stuck or one.unmatched or one.last_sent_at)
