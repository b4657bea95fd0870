"""The survey pages as customers reach them: a served receiver, and links to its surveys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.receiver.receiver_process import serving
from tests.integration.receiver.survey_links import INSERT
from tests.support.databases import run_query
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.rules.link import digest_of

SURVEYS = Path(__file__).parent / "surveys.toml"
THEME = '[theme]\nname = "Nordkust"\n'  # of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to a survey, as a customer has it."""

    token: str
    url: str
    errand_id: int

    @property
    def stop(self) -> str:
        """The address on which invitations are stopped."""
        return f"{self.url}/stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySite:
    """A served receiver, and the database behind it."""

    database: str
    root: str
    away: str  # root of a receiver whose database is away
    log: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def invite(self, page: str = "everything", **given: Any) -> Link:
        """Return a new link: to a page of ours, or with ``centracx`` to a survey there."""
        number = next(self.numbers)
        link = Link(token=f"{number:022}", url=f"{self.root}/s/{number:022}", errand_id=number)
        survey = {"id": given["centracx"]} if "centracx" in given else {"page": page}
        parameters = (
            f"reference of {link.token}",
            link.errand_id,
            "centracx" if "centracx" in given else "own",
            json.dumps(survey),
            f"person {number}",
            given.get("language"),
            given.get("state", "triggered"),
            digest_of(link.token),
        )
        run_query(self.database, INSERT, *parameters)
        return link

    def chat(self, dialog: str) -> str:
        """Return the address that Alvaria shows in a chat."""
        return f"{self.root}/survey/alvaria/demo?sessionId={dialog}"

    def load(self, rules: str) -> None:
        """Put a rules file in force."""
        with psycopg.connect(self.database) as conn:
            load_rules.load(conn, "demo", rules_of(rules), dry_run=False)

    def session(self, link: Link) -> dict[str, Any]:
        """Return the session that a link has begun."""
        [row] = run_query(
            self.database, "SELECT * FROM feedback.session WHERE errand_id = %s", link.errand_id
        )
        return row

    def answers(self, link: Link) -> list[dict[str, Any]]:
        """Return the answers to a survey, in the order of its questions."""
        return run_query(
            self.database,
            "SELECT a.* FROM feedback.answer AS a JOIN feedback.session USING (session_id)"
            " WHERE errand_id = %s ORDER BY a.position",
            link.errand_id,
        )

    def change(self, link: Link, assignment: str) -> None:
        """Change the invitation of a link: ``expires_at = now()``."""
        run_query(
            self.database,
            f"UPDATE feedback.invitation SET {assignment} WHERE errand_id = %s",
            link.errand_id,
        )


@contextmanager
def survey_site(
    database: str, broker: str, folder: Path, *, theme: str = ""
) -> Iterator[SurveySite]:
    """Serve the survey pages of a migrated database with ``surveys.toml`` in force.

    ``theme`` replaces its own.
    """
    own = {"DATABASE_URL": database, "BROKER_URL": broker}
    nowhere = own | {"DATABASE_URL": "postgresql://127.0.0.1:1/away"}
    (away_folder := folder / "away").mkdir()
    with serving(folder, own) as receiver, serving(away_folder, nowhere) as away:
        site = SurveySite(database=database, root=receiver.url, away=away.url, log=receiver.log)
        tables = SURVEYS.read_text("utf-8")
        site.load(brief(tables=tables.replace(THEME, theme or THEME)))
        yield site
