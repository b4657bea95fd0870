"""Links to survey pages in a real database, and a customer who reads and fills in their forms."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import lxml.html
import psycopg
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.databases import run_query
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.rules.link import digest_of

TOKEN = "A" * 22
SECOND_TOKEN = "B" * 22
PAGES = """
[[page]]
name = "after-answer"
[[page.question]]
key = "nps"
kind = "nps"
text = { en = "How likely are you to recommend us?", sv = "Hur troligt är det?" }
[[page.question]]
key = "channel"
kind = "choice"
text = { en = "How did you reach us?", sv = "Hur nådde du oss?" }
options = [
    { key = "mail", text = { en = "By mail", sv = "Per post" } },
    { key = "phone", text = { en = "By phone", sv = "Per telefon" } },
]
[[page.question]]
key = "why"
kind = "text"
text = { en = "What could we do better?", sv = "Vad kan vi göra bättre?" }

[theme]
name = "Nordkust"

[alvaria]
page = "after-answer"
"""
INSERT = (
    "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version, vendor,"
    " survey, channel, contact, person_sha256, language, event_at, due_at, send_until, sent_by,"
    " sent_at, settled_at, settled_by, state, expires_at, token_sha256)"
    " VALUES ('demo', %s, %s, 'csat', 1, %s, %s, 'email', 'ann@customer.example', sha256(%s),"
    " %s, now(), now(), now(), gen_random_uuid(), now(), now(), 'vendor', %s,"
    " now() + interval '1 day', %s)"
)


def load(database: str, tables: str = PAGES) -> None:
    """Load a rules file with pages."""
    with psycopg.connect(database) as conn:
        load_rules.load(conn, "demo", rules_of(brief(tables=tables)), dry_run=False)


def invite(database: str, **given: Any) -> None:
    """Add an invitation that was sent with a link."""
    token = given.get("token", TOKEN)
    vendor = given.get("vendor", "own")
    surveys = {"own": {"page": "after-answer"}, "centracx": {"id": 2}}
    parameters = (
        f"reference of {token}",
        given.get("errand_id", 33),
        vendor,
        json.dumps(surveys.get(vendor, {})),
        given.get("person", "ann"),
        given.get("language"),
        given.get("state", "triggered"),
        digest_of(token),
    )
    run_query(database, INSERT, *parameters)


def rows(database: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of ``feedback``."""
    return run_query(database, f"SELECT * FROM feedback.{table} ORDER BY 1, 2, 3")


@dataclass
class Customer:
    """A browser without scripts: it loads pages, fills in forms and follows redirections."""

    client: FlaskClient
    path: str
    at: str = ""
    answer: TestResponse = field(init=False, repr=False)

    def open(self, query: str = "", **headers: str) -> Customer:
        """Load the page at ``path``."""
        return self._load(f"{self.path}{query}", **headers)

    def send(self, *, form: int = 0, **filled: str) -> Customer:
        """Send a form of the page, with some fields filled in."""
        return self.post(*self.filled_in(form=form, **filled))

    def filled_in(self, *, form: int = 0, **filled: str) -> tuple[str, dict[str, str]]:
        """Return where a form of the page is sent, and what is sent."""
        form = self.html.forms[form]
        button = form.xpath(".//button[@name]")
        fields = {name: value for name, value in form.fields.items() if value is not None}
        fields |= {one.get("name"): one.get("value") for one in button}
        return form.action, fields | filled

    def post(self, action: str, fields: dict[str, str]) -> Customer:
        """Send fields to an action, and follow the redirection."""
        sent_to = urljoin(self.at, action)
        self.answer = self.client.post(sent_to, data=fields)
        if self.answer.status_code == 303:
            return self._load(urljoin(sent_to, self.answer.headers["Location"]))
        return self

    def follow(self, text: str) -> Customer:
        """Follow the link with this text."""
        link = next(a for a in self.html.iter("a") if a.text_content().strip() == text)
        return self._load(urljoin(self.at, link.get("href")))

    @property
    def html(self) -> Any:
        """The page."""
        return lxml.html.fromstring(self.answer.text)

    @property
    def title(self) -> str:
        return str(self.html.findtext(".//title"))

    @property
    def heading(self) -> str:
        return str(self.html.find(".//h1").text_content().strip())

    @property
    def text(self) -> str:
        return " ".join(self.html.find(".//body").text_content().split())

    def _load(self, path: str, **headers: str) -> Customer:
        self.at = path
        self.answer = self.client.get(path, headers=headers)
        return self
