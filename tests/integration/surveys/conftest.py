"""A workspace with rules, whose errands are written as the bridge would have written them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.jobs.decide import DecideResult, decide
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.preview import Preview, preview
from workers.surveys.store import person_keys, survey_rules

DEMO = SurveyWorkspace(name="demo", zone=ZoneInfo("Europe/Stockholm"), country="SE")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Surveys:
    """Rules, errands and decisions of the workspace ``demo``."""

    database: str
    conn: psycopg.Connection[Any]
    workspace: SurveyWorkspace
    numbers: Iterator[int]

    def load(self, text: str, *, on: tuple[str, ...] = (), on_from: datetime = START) -> None:
        """Load a rules file, and switch rules on from a moment."""
        load_rules.load(self.conn, "demo", rules_of(text), dry_run=False)
        for name in on:
            survey_rules.switch_on(self.conn, "demo", name)
            self.ask("UPDATE feedback.rule SET on_from = %s WHERE name = %s", on_from, name)

    def errand(self, at: datetime = START + HOUR, **changes: Any) -> int:
        """Write an errand that was answered and closed at a moment, or changed."""
        errand_id = changes.pop("errand_id", None) or next(self.numbers)
        row = {
            "workspace": "demo",
            "errand_id": errand_id,
            "answered": True,
            "closed": True,
            "answered_at": at,
            "fetched_at": at + timedelta(minutes=1),
            "from_address": f"customer{errand_id}@example.org",
            "from_name": "Customer",
        } | changes
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in row)
        self.ask(
            f"INSERT INTO cention.errand ({names}) VALUES ({places})"
            f" ON CONFLICT (workspace, errand_id) DO UPDATE SET {updates}",
            *row.values(),
        )
        return errand_id

    def change(self, errand_id: int, **changes: Any) -> None:
        """Change an errand."""
        sets = ", ".join(f"{name} = %s" for name in changes)
        self.ask(
            f"UPDATE cention.errand SET {sets} WHERE errand_id = %s", *changes.values(), errand_id
        )

    def decide(self, now: datetime) -> DecideResult | None:
        @contextmanager
        def session() -> Iterator[psycopg.Connection[Any]]:
            with psycopg.connect(self.database, autocommit=True) as conn:
                yield conn

        return decide(self.workspace, session=session, now=now)

    def settle(self) -> None:
        """Send what is due, as a worker would at once."""
        self.ask(
            "UPDATE feedback.invitation SET state = 'triggered', sent_at = due_at,"
            " sent_by = gen_random_uuid(), settled_at = due_at, tries = 1 WHERE state = 'due'"
        )

    def preview(self, rule: str, *, days: int, now: datetime) -> Preview:
        return preview(self.conn, self.workspace, rule, days=days, now=now)

    def decisions(self) -> dict[int, str]:
        """Return the outcome of each errand: invite, or the reason."""
        rows = self.ask("SELECT errand_id, coalesce(reason, verdict) AS o FROM feedback.decision")
        return {row["errand_id"]: row["o"] for row in rows}

    def outcome(self, errand_id: int) -> str | None:
        return self.decisions().get(errand_id)

    def invitations(self) -> list[dict[str, Any]]:
        return self.ask("SELECT * FROM feedback.invitation ORDER BY invitation_id")

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        cursor = self.conn.cursor(row_factory=dict_row)
        cursor.execute(query, values)  # type: ignore[call-overload]
        return [] if cursor.description is None else cursor.fetchall()

    def in_country(self, country: str | None) -> None:
        self.workspace = replace(self.workspace, country=country)


@contextmanager
def surveys_in(database: str) -> Iterator[Surveys]:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SET TimeZone = 'UTC'")
        conn.execute(
            "INSERT INTO cention.workspace (workspace, timezone)"
            " VALUES ('demo', 'Europe/Stockholm') ON CONFLICT DO NOTHING"
        )
        person_keys.create_missing(conn, ["demo"])
        yield Surveys(database=database, conn=conn, workspace=DEMO, numbers=count(1))


@pytest.fixture
def surveys(database: str) -> Iterator[Surveys]:
    with surveys_in(database) as found:
        yield found


@pytest.fixture
def csat(surveys: Surveys) -> Surveys:
    """One rule that is on: an hour after the answer, within seven days."""
    surveys.load(brief(), on=("csat",))
    return surveys
