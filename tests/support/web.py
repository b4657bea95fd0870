"""The web face for tests: its settings, rows to look at, and a browser without a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from psycopg_pool import ConnectionPool
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from tests.support.databases import run_query
from tests.support.settings import SETTINGS
from workers import wiring
from workers.config.settings import Settings
from workers.config.web import Role, User, WebSettings
from workers.database import Connection
from workers.web.application import create_app

PASSWORD = "a long password"
KEY = "a key that only this test knows, of 40 characters"
HASH = generate_password_hash(PASSWORD, "scrypt:1024:8:1")  # quick
USERS = (
    User(name="olga", role=Role.OPERATOR, password_hash=HASH),
    User(name="anna", role=Role.ANALYST, password_hash=HASH),
)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HOSTILE = (
    '</title><script>document.title="run"</script><img src=x onerror=alert(1)>'
    "\u202e\u2066 {{7*7}} {0} 😀 " + "W" * 10_000
)


def web_settings(database: str, **web: Any) -> Settings:
    """Return settings of a bridge with a web face and a broker that is away."""
    face = WebSettings(**{"secret_key": KEY, "users": USERS} | web)
    return replace(SETTINGS, database_url=database, broker_url="redis://127.0.0.1:1/0", web=face)


def web_app(settings: Settings, pool: ConnectionPool[Connection]) -> Flask:
    """Build the web face of these settings."""
    surveys = {one.name: wiring.survey_workspace(settings, one) for one in settings.workspaces}
    return create_app(settings, pool, survey_workspaces=surveys)


def token_of(page: TestResponse) -> str:
    """Return the token of the first form of a page."""
    found = TOKEN.search(page.get_data(as_text=True))
    assert found, page.status
    return found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who looks at the pages and sends their forms."""

    client: FlaskClient

    def sign_in(self, name: str = "olga", password: str = PASSWORD, **more: str) -> TestResponse:
        """Fill in the form on the page where people sign in."""
        token = token_of(self.client.get("/sign-in"))
        form = {"name": name, "password": password, "csrf_token": token, **more}
        return self.client.post("/sign-in", data=form)

    def get(self, path: str, **more: Any) -> TestResponse:
        """Return a page."""
        return self.client.get(path, **more)

    def text(self, path: str) -> str:
        """Return the HTML of a page that is shown."""
        page = self.client.get(path)
        assert page.status_code == 200, page.status
        return page.get_data(as_text=True)

    def post(self, path: str, **form: Any) -> TestResponse:
        """Send a form with the token of the first page."""
        token = token_of(self.client.get("/"))
        return self.client.post(path, data=form | {"csrf_token": token})


def visitor(app: Flask) -> Visitor:
    """Return somebody with an empty browser."""
    return Visitor(client=app.test_client())


def add_errand(database: str, errand_id: int = 7, **columns: Any) -> None:
    """Insert an errand that arrived on the first of 2026."""
    row = {
        "workspace": "demo",
        "errand_id": errand_id,
        "display_id": f"{errand_id}-1",
        "subject": "Where is my parcel",
        "from_name": "Kim",
        "from_address": "kim@customer.example",
        "body_html": "<p>Hello</p>",
        "arrived_at": "2026-01-01T00:00:00Z",
        "closed": False,
        "deleted": False,
        "answered": False,
        "fetched_at": "2026-01-02T00:00:00Z",
    } | columns
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    run_query(database, f"INSERT INTO cention.errand ({names}) VALUES ({places})", *row.values())
