"""A contact centre in a database: written like the bridge, queried like an analyst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from deploy.embedded import Postgres
from schemas.cention.attachments import AttachmentRef
from schemas.cention.callbacks import Answer, read_callback
from schemas.cention.errand_reports import ErrandReport, read_errand_report
from tests.support.databases import database_copy
from tests.support.day_tables import compute_day_tables
from workers.database.records import Fetched
from workers.sync.store import answers, errand_reports
from workers.sync.store.answers import AnswerRow

Rows = list[dict[str, Any]]


class Centre:
    """A database with a workspace ``demo`` in the time zone of Stockholm."""

    def __init__(self, conn: Connection[dict[str, Any]], *, report: ErrandReport, answer: Answer):
        self.conn = conn
        self._report = report
        self._answer = answer
        self.put("cention.workspace", workspace="demo", timezone="Europe/Stockholm")

    def query(self, question: str, *values: object) -> Rows:
        return self.conn.execute(question, values).fetchall()

    def days(self, question: str) -> Rows:
        """Query views of days, after their tables are computed."""
        compute_day_tables(self.conn)
        return self.query(question)

    def put(self, table: str, **values: object) -> None:
        """Insert one row."""
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        self.conn.execute(
            f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(values.values())
        )

    def report(self, errand_id: int, **changes: Any) -> None:
        """Write the vendor's sample report as another errand, changed."""
        facts = {"actions": (), "tags": (), "display_id": f"{errand_id}-1"} | changes
        report = replace(self._report, errand_id=errand_id, **facts)
        fetched = Fetched(record=report, fetched_at=datetime.now(UTC))
        errand_reports.save(self.conn, "demo", [fetched])

    def answer(
        self,
        errand_id: int,
        *,
        answer_id: int,
        at: datetime,
        attachments: tuple[AttachmentRef, ...] = (),
        **changes: Any,
    ) -> None:
        """Write the vendor's sample answer as an answer to another errand, changed."""
        row = AnswerRow(
            callback_id=answer_id,
            remote_id=answer_id,
            received_at=at,
            errand_id=errand_id,
            answer=replace(self._answer, answer_id=answer_id, **changes),
            attachments=attachments,
        )
        answers.save(self.conn, "demo", [row])

    def gone(self, errand_id: int) -> None:
        errand_reports.mark_gone(self.conn, "demo", [errand_id], at=datetime.now(UTC))


@pytest.fixture(scope="session")
def contact_centre(postgres: Postgres, template: str) -> Iterator[str]:
    """The URL of one database for all tests of views; each rolls back."""
    with database_copy(postgres, template) as url:
        yield url


@pytest.fixture
def centre(contact_centre: str, document: Callable[[str], dict[str, Any]]) -> Iterator[Centre]:
    report = read_errand_report(document("errand_report_33"), zone=ZoneInfo("Asia/Kuala_Lumpur"))
    answer = read_callback(document("callback_answer_errand")).answer
    assert answer is not None
    with (
        psycopg.connect(contact_centre, autocommit=True, row_factory=dict_row) as conn,
        conn.transaction(force_rollback=True),
    ):
        conn.execute("SET LOCAL TimeZone = 'UTC'")
        yield Centre(conn, report=report, answer=answer)
