"""Reports that are sent to the mail server of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from tests.integration.sandbox.sandbox_server import SandboxServer
from workers.analytics.jobs.reports.send import ReportMail, send_due
from workers.clients import timeouts
from workers.clients.smtp import SmtpClient
from workers.config.mail import SmtpAccount
from workers.config.reports import ReportSettings
from workers.database import Transaction

ZONE = ZoneInfo("Europe/Stockholm")
PASSWORD = "sandbox-survey-password"
MONDAY = datetime(2024, 2, 5, 6, 0, tzinfo=UTC)  # 07:00 there
SETTINGS = ReportSettings(
    weekday=1, at=time(7), to=("ann@nordkust.example", "bo@nordkust.example"), language="sv"
)


def mail_to(port: int, *, settings: ReportSettings = SETTINGS) -> ReportMail:
    """Return what sends reports of the workspace demo through a mail server on this machine."""
    account = SmtpAccount(
        host="127.0.0.1",
        port=port,
        user="sandbox",
        password=PASSWORD,
        sender="reports@nordkust.example",
        sender_name="Nordkust",
    )
    return ReportMail(
        workspace="demo",
        zone=ZONE,
        settings=settings,
        client=SmtpClient(account, timeouts=timeouts.MAIL),
        sender_domain="nordkust.example",
    )


@dataclass
class Reporting:
    """A workspace whose reports go to the mail server of a sandbox."""

    sandbox: SandboxServer
    session: Transaction
    conn: psycopg.Connection[Any]
    mail: ReportMail

    def send(self, now: datetime = MONDAY) -> None:
        send_due(self.mail, session=self.session, now=lambda: now)

    def fault(self, name: str, type_: str, **switch: Any) -> None:
        self.sandbox.control("faults", {name: {"types": [type_], **switch}})

    def no_faults(self) -> None:
        self.sandbox.session.delete(f"{self.sandbox.root}/sandbox/faults", timeout=10)

    def mails(self) -> list[tuple[str, str]]:
        """Return recipient and subject of every mail that somebody got."""
        messages = self.sandbox.control("truth/surveys")["messages"]
        return sorted((one["contact"], one["survey"]) for one in messages)

    def rows(self) -> list[dict[str, Any]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute("SELECT * FROM intake.report_sent ORDER BY week").fetchall()

    def states(self) -> list[tuple[str, str]]:
        return [(f"{row['week']}", row["state"]) for row in self.rows()]
