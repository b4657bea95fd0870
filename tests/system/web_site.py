"""The web face as people reach it: its own server, and rows to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from playwright.sync_api import Page

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import run_query
from tests.support.surveys import brief, rules_of
from tests.support.web import HASH, HOSTILE, PASSWORD, add_errand
from tests.support.web_server import web_server
from workers.surveys.jobs import load_rules
from workers.surveys.store import person_keys


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
        with psycopg.connect(self.database) as conn:
            person_keys.create_missing(conn, ["demo"])
            load_rules.load(conn, "demo", rules_of(brief()), dry_run=False)
        for statement in SURVEYS:
            run_query(self.database, statement, HOSTILE)
        for kind, result in RESULTS:
            run_query(
                self.database,
                "INSERT INTO intake.operator_request (person, kind, workspace, rule, days, subject,"
                " state, finished_at, result) SELECT 'operator', kind, 'demo',"
                " CASE kind WHEN 'preview' THEN 'csat' END, 30, %s, 'done', now(), %s"
                " FROM unnest(%s::text[]) AS kind",
                json.dumps({"address": HOSTILE[:300], "reviewers": []}).encode(),
                json.dumps(result).encode(),
                [kind],
            )


DAYS = [f"2026-10-{day:02}" for day in range(1, 31)]
RESULTS = (  # of the requests 1, 2 and 3
    (
        "preview",
        {
            "errands": 900,
            "waiting": 3,
            "totals": {"invite": 300, "quiet": 400, "no_rule": 150, "opted_out": 40, "held": 10},
            "areas": [{"area": HOSTILE, "numbers": {"invite": 300, "quiet": 600}}],
            "days": [
                {"day": day, "numbers": {"invite": at, "quiet": 40 - at, "held": 1}}
                for at, day in enumerate(DAYS)
            ],
        },
    ),
    (
        "erase_dry_run",
        {
            "tables": [{"table": "cention.errand", "blanked": 1, "removed": 0}],
            "errands": 1,
            "ratings": 0,
            "spooled": 0,
            "spool": True,
            "unreadable": [HOSTILE],
        },
    ),
    (
        "check",
        [
            {"level": level, "about": "broker", "sentence": HOSTILE, "remedy": HOSTILE}
            for level in ("ok", "warning", "wrong")
        ],
    ),
)
SURVEYS = (
    "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version, vendor,"
    " survey, channel, contact, person_sha256, event_at, due_at, send_until, expires_at, state,"
    " sent_at, sent_by, problem) SELECT 'demo', 'ref-' || at, 7 + at, 'csat', 1, 'digidesk', '{}',"
    " 'email', 'kim@customer.example', sha256(at::text::bytea), now(), now(),"
    " now() + interval '1 day', now(), state, now() - interval '1 hour', gen_random_uuid(), %s"
    " FROM unnest(ARRAY['due', 'triggered', 'refused', 'unknown', 'withdrawn'])"
    " WITH ORDINALITY AS s (state, at)",
    "INSERT INTO feedback.session (workspace, session_id, errand_id, vendor, origin, state,"
    " verified) SELECT 'demo', 1, 7, 'own', 'page', 'complete', true WHERE %s <> ''",
    "INSERT INTO feedback.answer (workspace, session_id, position, question_key, kind, comment)"
    " VALUES ('demo', 1, 1, 'why', 'text', %s)",
    "INSERT INTO feedback.answer (workspace, session_id, position, question_key, kind, number,"
    " lowest, highest) SELECT 'demo', 1, 2, 'nps', 'nps', 9, 0, 10 WHERE %s <> ''",
    "INSERT INTO feedback.opt_out (workspace, person_sha256, contact, source)"
    " VALUES ('demo', sha256('kim'), %s, 'operator')",
    "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason, detail)"
    " VALUES ('demo', 8, 'answered', now(), 'not', 'held', %s)",
    "INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', %s)",
    "INSERT INTO intake.erased (workspace, family, remote_id)"
    " SELECT 'demo', 'errand_reports', 99 WHERE %s <> ''",
)
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
    users = folder / "users.toml"
    users.write_text(f'[[user]]\nname = "anna"\nrole = "analyst"\nhash = "{HASH}"\n')
    with web_server(folder, database=database, broker=broker, WEB_USERS_FILE=str(users)) as root:
        yield WebSite(database=database, root=root)
