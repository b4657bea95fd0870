"""Sending invitations to simulated vendors, at any time of the clock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import psycopg

from schemas.surveys.rule import Vendor
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.integration.surveys.conftest import HOUR, START, Surveys
from tests.support.settings import SETTINGS, WORKSPACE
from workers import wiring
from workers.config.mail import SmtpAccount
from workers.config.survey_vendors import (
    CentracxAccount,
    CustomerRadarAccount,
    DigideskAccount,
    SurveyVendors,
)
from workers.surveys.jobs import invite as job
from workers.surveys.jobs.invite import InviteResult
from workers.surveys.jobs.vendor_requests import Accounts

PASSWORD = "sandbox-survey-password"
TYPES = {
    "digidesk": ("digidesk.survey_requests",),
    "customer_radar": ("customer_radar.invitation",),
    "mail": ("mail.recipient", "mail.message"),
}
PUBLIC_URL = "https://ask.nordkust.example"
DUE = START + 2 * HOUR  # when the invitation for an errand of START + HOUR is due


def accounts_at(root: str, *, password: str = PASSWORD, per_minute: int = 10_000) -> Accounts:
    """Return accounts at the vendors of a sandbox."""
    vendors = SurveyVendors(
        digidesk=DigideskAccount(
            url=f"{root}/digidesk/api/survey_requests/",
            user="sandbox",
            password=password,
            per_minute=per_minute,
        ),
        customer_radar=CustomerRadarAccount(
            url=f"{root}/customer-radar",
            user="sandbox",
            password=PASSWORD,
            client="sandbox-client",
            per_minute=per_minute,
        ),
    )
    return wiring.survey_accounts(SETTINGS, replace(WORKSPACE, surveys=vendors))


def mail_accounts(sandbox: SandboxServer, *, password: str = PASSWORD) -> Accounts:
    """Return accounts for surveys on our pages, whose links go through a sandbox's mail server."""
    port = sandbox.control("surveys/mail")["port"]
    vendors = SurveyVendors(
        centracx=CentracxAccount(url=f"{sandbox.root}/centracx", key="k", secret="s"),
        mail=SmtpAccount(
            host="127.0.0.1",
            port=port,
            user="sandbox",
            password=password,
            sender="surveys@nordkust.example",
            sender_name="Nordkust",
            per_minute=10_000,
        ),
    )
    settings = replace(SETTINGS, survey_public_url=PUBLIC_URL)
    return wiring.survey_accounts(settings, replace(WORKSPACE, surveys=vendors))


@dataclass
class Inviting:
    """Surveys whose invitations are sent to a sandbox."""

    surveys: Surveys
    sandbox: SandboxServer
    threads: ThreadPoolExecutor
    accounts: Accounts = field(default_factory=dict)

    def invite(self, now: datetime = DUE) -> InviteResult | None:
        """Send what is due at a moment."""

        @contextmanager
        def session() -> Iterator[psycopg.Connection[Any]]:
            with psycopg.connect(self.surveys.database, autocommit=True) as conn:
                yield conn

        return job.invite(
            self.surveys.workspace,
            self.accounts,
            session=session,
            threads=self.threads,
            clock=lambda conn: now,
        )

    def decide_and_invite(self, now: datetime = DUE) -> None:
        self.surveys.decide(now)
        self.invite(now)

    def states(self) -> list[str]:
        return [row["state"] for row in self.surveys.invitations()]

    def problems(self) -> list[str | None]:
        return [row["problem"] for row in self.surveys.invitations()]

    def messages(self) -> list[dict[str, Any]]:
        """Return every message that a person got."""
        messages: list[dict[str, Any]] = self.sandbox.control("truth/surveys")["messages"]
        return messages

    def vendors(self) -> list[str]:
        return [message["vendor"] for message in self.messages()]

    def fault(self, name: str, *vendors: str, **switch: Any) -> None:
        """Switch a fault on, at some vendors or at all."""
        types = [type_ for vendor in vendors or TYPES for type_ in TYPES[vendor]]
        self.sandbox.control("faults", {name: {"types": types, **switch}})

    def no_faults(self) -> None:
        self.sandbox.session.delete(f"{self.sandbox.root}/sandbox/faults", timeout=10)

    def requests(self) -> dict[str, int]:
        requests: dict[str, int] = self.sandbox.control("stats")["requests"]
        return requests

    def only(self, vendor: Vendor) -> None:
        """Have an account at one vendor alone."""
        self.accounts = {vendor: self.accounts[vendor]}
