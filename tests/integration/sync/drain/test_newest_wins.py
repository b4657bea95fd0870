"""A document fetched earlier never replaces one fetched later.

The list keeps a drain from writing a record that another may have written since. Where a record
gets around it, after a manual repair of a claim or a merge of two databases, its date decides.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from schemas.cention.attachments import AttachmentKind
from tests.integration.bridge import RATINGS, rating
from workers.database.records import Fetched
from workers.sync.jobs import parsers
from workers.sync.store import attachments, errand_reports, facebook_ratings, landed
from workers.sync.store.attachments import StoredAttachment
from workers.sync.store.landed import Landing

LATE = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
EARLY = LATE - timedelta(seconds=1)
KIND = AttachmentKind.RESPONSE
TABLES = (
    "intake.landed",
    "cention.errand",
    "cention.errand_action",
    "cention.errand_tag",
    "cention.errand_recipient",
    "cention.organisation",
    "cention.area",
    "cention.agent",
    "cention.service",
    "cention.tag",
    "cention.facebook_rating",
    "cention.attachment",
)


@pytest.fixture
def conn(database):
    with psycopg.connect(database, row_factory=dict_row, autocommit=True) as opened:
        yield opened


def all_rows(conn):
    return {
        table: conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()
        for table in TABLES
    }


def report(document, at, **basic):
    """Make a report of the errand in which all names differ by version."""
    made = document("errand_report_2256")
    attributes = made["data"]["attributes"]
    attributes["basic"]["data"] |= basic
    for action in attributes["actions"]:
        action["note"] = f"written at {at}"
    attributes["extended"]["errand_tags"] = [{"id": 41, "desc": f"tag at {at}"}]
    return Fetched(
        record=parsers.parse_errand_report(2256, made, zone=ZoneInfo("UTC")), fetched_at=at
    )


def names(suffix):
    fields = ("subject", "organizationName", "areaName", "agentName", "serviceName")
    return {field: f"{field} {suffix}" for field in fields}


def test_an_older_report_changes_nothing(conn, document):
    errand_reports.save(conn, "demo", [report(document, LATE, **names("late"))])
    before = all_rows(conn)

    errand_reports.save(conn, "demo", [report(document, EARLY, **names("early"))])

    assert all_rows(conn) == before
    assert before["cention.errand"][0]["subject"] == "subject late"


def test_an_action_that_moved_to_another_errand_stays_there(conn, document):
    """Its former errand's older report, which comes late, still has it."""
    moved = report(document, LATE)
    former = report(document, EARLY)
    former = replace(former, record=replace(former.record, errand_id=2255))
    errand_reports.save(conn, "demo", [moved])
    before = all_rows(conn)["cention.errand_action"]
    assert before

    errand_reports.save(conn, "demo", [former])

    assert all_rows(conn)["cention.errand_action"] == before


def test_an_errand_not_found_before_it_was_fetched_is_not_gone(conn, document):
    errand_reports.save(conn, "demo", [report(document, LATE)])
    before = all_rows(conn)

    errand_reports.mark_gone(conn, "demo", [2256], at=EARLY)

    assert all_rows(conn) == before


def test_an_errand_fetched_before_it_was_not_found_stays_gone(conn, document):
    errand_reports.mark_gone(conn, "demo", [2256], at=LATE)

    errand_reports.save(conn, "demo", [report(document, EARLY)])

    assert all_rows(conn)["cention.errand"][0]["gone_at"] == LATE


def test_an_older_document_does_not_replace_a_newer_one(conn):
    late = Landing(remote_id=7, document='{"version": "late"}', fetched_at=LATE, problem=None)
    early = Landing(remote_id=7, document='{"version": "early"}', fetched_at=EARLY, problem="odd")
    landed.insert(conn, "demo", RATINGS, [late])
    before = all_rows(conn)

    landed.insert(conn, "demo", RATINGS, [early])

    assert all_rows(conn) == before


def test_an_older_rating_changes_nothing(conn):
    late, early = (
        Fetched(record=parsers.parse_facebook_rating(7, rating(7, message=str(at))), fetched_at=at)
        for at in (LATE, EARLY)
    )
    facebook_ratings.save(conn, "demo", [late])
    before = all_rows(conn)

    facebook_ratings.save(conn, "demo", [early])
    facebook_ratings.mark_gone(conn, "demo", [7], at=EARLY)

    assert all_rows(conn) == before


def test_an_older_description_of_a_file_changes_nothing(conn):
    attachments.record_absent(conn, "demo", KIND, [5], state="gone", reason="no more", at=LATE)
    before = all_rows(conn)

    attachments.record_absent(conn, "demo", KIND, [5], state="refused", reason="odd", at=EARLY)

    assert all_rows(conn) == before


def test_an_older_file_does_not_replace_a_newer_one(conn):
    for at in (LATE, EARLY):
        content = str(at).encode().ljust(32)[:32]
        conn.execute("INSERT INTO cention.blob (sha256, content) VALUES (%s, '')", [content])
        stored = StoredAttachment(
            attachment_id=5,
            name=str(at),
            content_type=None,
            content_cid=None,
            size_bytes=0,
            sha256=content,
            fetched_at=at,
        )
        attachments.save(conn, "demo", KIND, stored)

    [row] = all_rows(conn)["cention.attachment"]
    assert (row["name"], row["fetched_at"]) == (str(LATE), LATE)
