"""The web face as people reach it: its own server, and rows to look at."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests
from playwright.sync_api import Page

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import run_query
from tests.support.eventually import eventually
from tests.support.web import HASH, HOSTILE, KEY, PASSWORD, add_errand

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSite:
    """A served web face, and the database behind it."""

    database: str
    root: str

    def sign_in(self, page: Page, name: str = "operator") -> None:
        """Sign in with the keyboard alone."""
        page.goto(self.root)
        page.wait_for_selector("#name:focus")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("nav")

    def fill(self) -> None:
        """Put rows into the database: a centre with figures, hostile names, and each trouble."""
        with psycopg.connect(self.database) as conn:
            fill_with_figures(conn)
        for kind in ("area", "service", "agent", "tag"):
            run_query(
                self.database,
                f"UPDATE cention.{kind} SET name = %s WHERE {kind}_id ="
                f" (SELECT min({kind}_id) FROM cention.{kind})",
                HOSTILE,
            )
        add_errand(self.database, 7)
        add_errand(
            self.database,
            8,
            subject=HOSTILE,
            from_name=HOSTILE,
            from_address=HOSTILE,
            to_text=HOSTILE,
            display_id=HOSTILE[:200],
            body_html=f"<p>Hello</p>{HOSTILE}<img src='http://evil.example/x.png'>",
            answer_body=HOSTILE,
        )
        for statement in TROUBLES:
            run_query(self.database, statement, HOSTILE)


TROUBLES = (
    "INSERT INTO intake.wanted (workspace, family, remote_id, tries, last_error, parked_at)"
    " VALUES ('demo', 'errand_reports', 8, 12, %s, now())",
    "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, problem)"
    " VALUES ('demo', 'errand_reports', 9, '{}', now(), %s)",
    "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
    " VALUES ('demo', now(), sha256('x'), '{}', %s)",
    "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered, subject,"
    " attachment_count, attachment_bytes, sent_by, problem)"
    " VALUES ('demo', sha256('x'), 'unknown', false, 'Parcel', 0, 0, gen_random_uuid(), %s)",
    "INSERT INTO intake.activity_minute (workspace, family, minute_at, callbacks, stored,"
    " by_status, oldest_wait_s) SELECT 'demo', family, now() - make_interval(mins => minute),"
    " 40 + 30 * sin(minute / 90.0), 60 + 30 * cos(minute / 60.0),"
    " jsonb_build_object('200', 60, '404', minute %% 7), minute %% 20"
    " FROM generate_series(1, 1400) AS minute,"
    " unnest(ARRAY['callbacks', 'errand_reports']) AS family WHERE %s <> ''",
)


@contextmanager
def web_site(database: str, broker: str, folder: Path) -> Iterator[WebSite]:
    """Serve the web face of a migrated database, for the user ``operator`` and ``anna``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    users = folder / "users.toml"
    users.write_text(f'[[user]]\nname = "anna"\nrole = "analyst"\nhash = "{HASH}"\n')
    settings = {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "SPOOL_DIR": str(folder / "spool"),
        "CENTION_URL": "https://cention.test/s/demo",
        "CENTION_TOKEN": "token",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_SECRET_KEY": KEY,
        "WEB_PASSWORD_HASH": HASH,
        "WEB_USERS_FILE": str(users),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn_web.conf.py"]
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "wsgi:web"], cwd=ROOT, env=os.environ | settings, stderr=log
        )
    site = WebSite(database=database, root=f"http://127.0.0.1:{port}")
    try:
        assert eventually(lambda: _answers(site), within_s=60)
        yield site
    finally:
        process.terminate()
        process.wait(60)


def _answers(site: WebSite) -> bool:
    try:
        return requests.get(f"{site.root}/sign-in", timeout=10).ok
    except requests.RequestException:
        return False
