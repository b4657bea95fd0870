"""Surveys on our pages whose vendor is simulated; the page itself is played by its statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from deploy.sandbox.surveys import alvaria
from schemas.surveys.questions import Kind
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.integration.surveys.conftest import Surveys
from tests.support.settings import WORKSPACE
from workers import wiring
from workers.config.survey_vendors import AlvariaAccount, CentracxAccount, SurveyVendors
from workers.surveys.jobs import converse as job
from workers.surveys.jobs.converse import ConversationVendors, ConverseResult
from workers.surveys.store import sessions
from workers.surveys.store.sessions import NewAnswer

PASSWORD = "sandbox-survey-password"
RULES = """\
[[rule]]
name = "csat"
basis = "existing customers"
event = "answered"
vendor = "centracx"
contact = "email"
after = "1h"
within = "7d"
[rule.survey.centracx]
id = {survey}

[[page]]
name = "after-chat"
[[page.question]]
key = "nps"
kind = "nps"
variable = "npsScore"
text = {{ en = "How likely?" }}
[[page.question]]
key = "way"
kind = "choice"
variable = "way"
text = {{ en = "Which way?" }}
options = [
    {{ key = "mail", text = {{ en = "By mail", sv = "Per post" }} }},
    {{ key = "phone", text = {{ en = "By phone", sv = "Per telefon" }} }},
]

[alvaria]
page = "after-chat"
"""


def vendors_at(root: str, *, password: str = PASSWORD, per_minute: int = 10_000):
    """Return both vendors of a sandbox."""
    accounts = SurveyVendors(
        centracx=CentracxAccount(
            url=f"{root}/centracx", key="sandbox", secret=password, per_minute=per_minute
        ),
        alvaria=AlvariaAccount(
            org=alvaria.ORG,
            url=f"{root}/alvaria",
            token_url=f"{root}{alvaria.TOKEN_PATH}",
            client_id="sandbox",
            secret=password,
            api_key=alvaria.API_KEY,
            per_minute=per_minute,
        ),
    )
    return wiring.conversation_vendors(replace(WORKSPACE, surveys=accounts))


@dataclass
class Conversing:
    """Sessions of customers, and the worker that asks the vendors."""

    surveys: Surveys
    sandbox: SandboxServer
    threads: ThreadPoolExecutor
    accounts: ConversationVendors = field(default_factory=dict)

    def converse(self) -> ConverseResult | None:
        @contextmanager
        def session() -> Iterator[psycopg.Connection[Any]]:
            with psycopg.connect(self.surveys.database, autocommit=True) as conn:
                yield conn

        return job.converse("demo", self.accounts, session=session, threads=self.threads)

    def begin(self, survey: int = 2) -> int:
        """Begin a survey of CentraCX, as the start page does; return its number."""
        errand = self.surveys.errand()
        self.surveys.ask(
            "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
            " vendor, survey, channel, contact, person_sha256, event_at, due_at, send_until,"
            " sent_at, sent_by, state, expires_at, token_sha256) VALUES ('demo', %s, %s, 'csat', 1,"
            " 'centracx', jsonb_build_object('id', %s::int), 'email', 'ann@customer.example',"
            " sha256(%s), now(), now(), now(), now(), gen_random_uuid(), 'triggered',"
            " now() + interval '1 day', sha256(%s))",
            *(f"reference-{errand}", errand, survey, f"{errand}", f"token-{errand}"),
        )
        [row] = self.surveys.ask(
            "INSERT INTO feedback.session (workspace, invitation_id, errand_id, vendor, origin,"
            " state, verified, language) SELECT workspace, invitation_id, errand_id, vendor,"
            " 'page', 'open', true, 'sv' FROM feedback.invitation WHERE errand_id = %s"
            " RETURNING session_id",
            errand,
        )
        return int(row["session_id"])

    def chat(self, dialog: str) -> int:
        """Begin a survey after a chat, as the POST of its first answer does."""
        with self.surveys.conn.transaction():
            session_id = sessions.open_chat(
                self.surveys.conn, "demo", dialog, language="en", rules_version=1, per_minute=60
            )
        assert session_id is not None
        return session_id

    def dialog(self, **more: Any) -> str:
        """Begin a chat at Alvaria; return its id."""
        found: str = self.sandbox.control("surveys/dialogs", more)["session_id"]
        return found

    def answer(self, session_id: int, *, choice: int | str = 0, last: bool = False) -> None:
        """Answer the question of CentraCX that is asked: a choice by its place, or a text."""
        question = self.session(session_id)["question"]
        if isinstance(choice, str):
            new = NewAnswer(
                question_key=None,
                question_text=question["text"],
                kind=Kind.TEXT,
                comment=choice or None,
            )
        else:
            chosen = question["choices"][choice]
            new = NewAnswer(
                question_key=None,
                question_text=question["text"],
                kind=Kind.CHOICE,
                choice_id=chosen["id"],
                choice_text=chosen["text"],
            )
        self.add(session_id, new, last=last)

    def add(self, session_id: int, new: NewAnswer, *, last: bool = False) -> None:
        """Add an answer to the question that is asked."""
        position = self.session(session_id)["position"]
        assert sessions.add_answer(
            *(self.surveys.conn, "demo", session_id, position, new), language="sv", last=last
        )

    def session(self, session_id: int) -> dict[str, Any]:
        [row] = self.surveys.ask("SELECT * FROM feedback.session WHERE session_id = %s", session_id)
        return row

    def forwarded(self, session_id: int) -> list[str]:
        rows = self.surveys.ask(
            "SELECT forwarded FROM feedback.answer WHERE session_id = %s ORDER BY position",
            session_id,
        )
        return [row["forwarded"] for row in rows]

    def text_of(self, session_id: int) -> str | None:
        question: Mapping[str, Any] | None = self.session(session_id)["question"]
        return question["text"] if question is not None else None

    def move(self, session_id: int, interval: str) -> None:
        """Let everything about a session have happened earlier."""
        self.surveys.ask(
            "UPDATE feedback.session SET started_at = started_at - %s::interval,"
            " not_before = not_before - %s::interval, completed_at = completed_at - %s::interval"
            " WHERE session_id = %s",
            *(interval, interval, interval, session_id),
        )
        self.surveys.ask(
            "UPDATE feedback.answer SET answered_at = answered_at - %s::interval"
            " WHERE session_id = %s",
            *(interval, session_id),
        )
        self.surveys.ask(
            "UPDATE feedback.vendor SET paused_until = paused_until - %s::interval,"
            " not_before = not_before - %s::interval",
            *(interval, interval),
        )

    def at_vendor(self) -> list[dict[str, Any]]:
        """Return the sessions of CentraCX."""
        found: list[dict[str, Any]] = self.sandbox.control("truth/surveys")["sessions"]
        return found

    def dialogs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.control("truth/surveys")["dialogs"]
        return found

    def fault(self, name: str, *types: str, **switch: Any) -> None:
        self.sandbox.control("faults", {name: {"types": list(types), **switch}})

    def no_faults(self) -> None:
        self.sandbox.session.delete(f"{self.sandbox.root}/sandbox/faults", timeout=10)
