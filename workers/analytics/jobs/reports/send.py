"""Sends the weekly report by mail, each week's at most once.

That it is being sent is committed before it is. A running worker holds an advisory lock; what a
dead one was sending is of unknown outcome, and is not sent again until an operator says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from workers.analytics.jobs.reports.figures import WeekReport, read_report
from workers.analytics.jobs.reports.page import as_page
from workers.analytics.jobs.reports.wording import completeness_of, notes_of, wording_in
from workers.analytics.jobs.reports.workbook import as_workbook
from workers.analytics.rules.weeks import Week, due_week
from workers.analytics.store import sent_reports
from workers.analytics.store.period_figures import is_unready
from workers.analytics.store.sent_reports import DueReport
from workers.clients import timeouts
from workers.clients.mail_message import MailFile, OutgoingMail
from workers.clients.smtp import SmtpClient
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)
from workers.config.reports import ReportSettings
from workers.config.workspaces import WorkspaceSettings
from workers.database import (
    Connection,
    Transaction,
    advisory_locks,
    connections,
    permanent_errors,
)

log = structlog.get_logger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3_600.0  # after a failure; doubled each time
FOR_FIGURES = timedelta(hours=12)  # then a report is sent, and says that figures are missing
SEND_WITHIN_S = 60.0  # after it was recorded
HTML_TYPE = "text/html"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """What is needed to send the report of a workspace."""

    workspace: str
    zone: ZoneInfo
    settings: ReportSettings
    client: SmtpClient
    sender_domain: str


def report_mails(workspaces: Sequence[WorkspaceSettings]) -> dict[str, ReportMail]:
    """Return what sends the reports, by the workspaces whose report is sent to somebody."""
    return {
        one.name: ReportMail(
            workspace=one.name,
            zone=one.timezone,
            settings=one.report,
            client=SmtpClient(account, timeouts=timeouts.MAIL),
            sender_domain=account.sender.rpartition("@")[2],
        )
        for one in workspaces
        if one.report.weekday is not None and (account := one.surveys.mail) is not None
    }


def send_due(
    mail: ReportMail,
    *,
    session: Transaction,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Send the reports of a workspace that are due. Of many workers at once only one does.

    ``session`` yields connections in autocommit mode. Nothing is sent while surveys are held, nor
    if the settings name no day. While all figures are computed again, a report waits for 12 hours
    at most. Of several missed weeks the newest is sent alone. What keeps a report from being made
    is raised after the others were sent.
    """
    settings = mail.settings
    if settings.weekday is None:
        return
    with (
        session() as conn,
        advisory_locks.hold(conn, _lock(mail.workspace), slots=1) as slot,
    ):
        if slot is None:
            return
        sent_reports.mark_unknown(conn, mail.workspace)  # its sender would hold the lock
        week, since = due_week(now(), weekday=settings.weekday, at=settings.at, zone=mail.zone)
        sent_reports.add_due(conn, mail.workspace, week.monday, due_at=since)
        sent_reports.skip(conn, mail.workspace, before=week.monday)
        failed: list[Exception] = []
        for one in sent_reports.due(conn, mail.workspace, now=now()):
            if now() < since + FOR_FIGURES and is_unready(
                conn, mail.workspace, Week(one.week).period
            ):
                _wait_for_figures(conn, mail, one, now=now())
            elif error := _send(conn, mail, one, now=now()):
                failed.append(error)
    for error in failed:
        raise error


def mark_abandoned_unknown(conn: Connection, workspace: str) -> None:
    """Record that the outcome of what a dead worker was sending is unknown.

    The connection is in autocommit mode.
    """
    with advisory_locks.hold(conn, _lock(workspace), slots=1) as slot:
        if slot is not None:
            sent_reports.mark_unknown(conn, workspace)


def _lock(workspace: str) -> str:
    return f"report/{workspace}"


def _wait_for_figures(conn: Connection, mail: ReportMail, one: DueReport, *, now: datetime) -> None:
    sent_reports.put_off(
        conn,
        mail.workspace,
        one.week,
        problem="waits until all figures are computed",
        due_at=now + timedelta(seconds=FIRST_WAIT_S),
        tries=one.tries,
    )


def _send(conn: Connection, mail: ReportMail, one: DueReport, *, now: datetime) -> Exception | None:
    """Send a report; return why it cannot be made."""
    week = Week(one.week)
    try:
        letter = _letter(read_at_once(conn, mail.workspace, week, now=now), mail)
    except Exception as error:  # a bug of ours must not stop other weeks
        if conn.broken:
            raise
        name, failures = permanent_errors.name(error), one.tries + 1
        log.warning("report cannot be made", workspace=mail.workspace, week=str(week), error=name)
        sent_reports.put_off(
            conn,
            mail.workspace,
            one.week,
            problem=f"it cannot be made: {name}",
            due_at=now + _wait(failures),
            tries=failures,
        )
        return error
    run = uuid4()
    tries = sent_reports.begin(conn, mail.workspace, week.monday, run=run)
    if tries is None:
        return None
    outcome = mail.client.send(letter, send_until_s=time.monotonic() + SEND_WITHIN_S)
    state, problem = _state_of(outcome)
    if state == sent_reports.UNKNOWN:
        problem = f"{problem}; Message-ID {letter.message_id}"
    sent_reports.settle(
        conn,
        mail.workspace,
        week.monday,
        run=run,
        state=state,
        problem=problem,
        due_at=now + _wait(tries) if state == sent_reports.DUE else None,
    )
    log.info("report", workspace=mail.workspace, week=str(week), state=state)
    return None


def read_at_once(conn: Connection, workspace: str, week: Week, *, now: datetime) -> WeekReport:
    """Return the report of a week, all of whose figures are of one moment.

    The connection is in autocommit mode. Raises ``LookupError`` if nothing is stored of the
    workspace.
    """
    with connections.one_moment(conn):
        return read_report(conn, workspace, week, now=now)


def _message_id(workspace: str, week: Week, domain: str) -> str:
    """Return the same id for the same report: many mail servers show one of two such mails."""
    return f"<report.{week}.{sha256(workspace.encode()).hexdigest()[:16]}@{domain}>"


def _state_of(outcome: Outcome) -> tuple[str, str | None]:
    match outcome:
        case Triggered():
            return sent_reports.SENT, outcome.note
        case Refused():
            return sent_reports.REFUSED, outcome.reason
        case SurelyNotSent() | VendorRefusesUs():
            return sent_reports.DUE, outcome.reason
        case Unknown():
            return sent_reports.UNKNOWN, outcome.reason


def _wait(tries: int) -> timedelta:
    return timedelta(seconds=min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries - 1, 10)))


def _letter(report: WeekReport, mail: ReportMail) -> OutgoingMail:
    """Return the mail: a few figures, and the report as a page and as a workbook."""
    language = mail.settings.language
    words, week = wording_in(language), report.week
    figures = [f"{words.label(one)}: {words.cell(one, one.now)}" for one in report.volumes]
    text = words.text(
        "mail_text",
        week=week,
        first=words.day(week.monday),
        last=words.day(week.sunday),
        workspace=report.workspace,
        figures="\n".join((*figures, *notes_of(report, words))),
        completeness="\n".join(completeness_of(report, words)),
    )
    to, *others = mail.settings.to
    return OutgoingMail(
        to=to,
        others=tuple(others),
        subject=words.text("mail_subject", week=week, workspace=report.workspace),
        text=text,
        message_id=_message_id(report.workspace, week, mail.sender_domain),
        headers={"Auto-Submitted": "auto-generated"},
        files=(
            MailFile(
                name=f"report-{week}.html",
                content_type=HTML_TYPE,
                content=as_page(report, language=language).encode(),
            ),
            MailFile(
                name=f"report-{week}.xlsx",
                content_type=WORKBOOK_TYPE,
                content=as_workbook(report, language=language),
            ),
        ),
    )
