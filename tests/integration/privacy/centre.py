"""Test data: a contact centre with traces of one person in every table, and of other people."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.integration.bridge import RATINGS, REPORTS, Bridge, rating
from workers.clients.cention.attachments import FetchedAttachment
from workers.config.names import Family
from workers.sync.jobs.family_spec import PlainDocument
from workers.sync.store import callbacks
from workers.sync.store.callbacks import NewCallback

FILES, IMAGES = Family.RESPONSE_ATTACHMENTS, Family.AREA_ARCHIVES
RECEIVED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# Every text and name of the person contains MARKER, so that a search finds all of them.
ADDRESS = "Marker.O'Neil+vip@example.org"
NAME = "Märta MARKER O'Neil"
SPELLINGS = (
    "MARKER.o'neil+VIP@example.org",
    "marker.o&#39;neil&plus;vip&commat;example.org",
    "marker.o%27neil%2Bvip%40example%2Eorg",
)
STRANGER = "other.marksman@example.org"

WRITTEN, MENTIONED, UNREADABLE, STRANGERS = 33, 44, 55, 66
OWN_FILE, SHARED_IMAGE, STRANGERS_FILE = 788, 12, 790


@dataclass
class Centre:
    """A bridge, and the documents that Cention returns."""

    bridge: Bridge
    reports: dict[int, dict[str, Any]]
    ratings: dict[int, dict[str, Any]]

    def fetch(self, *ids: int) -> None:
        self.bridge.want(REPORTS, *ids)
        self.bridge.drain(
            REPORTS, fetch=lambda i: PlainDocument(document=copy.deepcopy(self.reports[i]))
        )

    def fetch_ratings(self, *ids: int) -> None:
        self.bridge.want(RATINGS, *ids)
        self.bridge.drain(
            RATINGS, fetch=lambda i: PlainDocument(document=copy.deepcopy(self.ratings[i]))
        )

    def fetch_files(self) -> None:
        for family in (FILES, IMAGES):
            self.bridge.drain(family, fetch=file_of(family))

    def store_callback(self, document: dict[str, Any], *, problem: str | None = None) -> None:
        """Store a callback as the receiver does."""
        with self.bridge.context.transaction() as conn:
            callbacks.insert(conn, [new_callback(document, problem=problem)])

    def texts(self) -> dict[str, list[str]]:
        """Return every row of every table as COPY writes it, and the contents of blobs."""
        found: dict[str, list[str]] = {}
        with psycopg.connect(self.bridge.database, autocommit=True) as conn:
            tables = conn.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname IN ('cention', 'intake', 'feedback')"
            ).fetchall()
            for schema, table in tables:
                query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
                with conn.cursor().copy(query) as database_copy:
                    text = b"".join(map(bytes, database_copy)).decode()
                found[f"{schema}.{table}"] = sorted(text.splitlines())
            blobs = conn.execute("SELECT content FROM cention.blob").fetchall()
            found["blobs"] = sorted(content.decode("latin-1") for (content,) in blobs)
        return found

    def traces(self) -> dict[str, list[str]]:
        """Return the rows that have a trace of the person, by table."""
        return {
            table: left
            for table, rows in self.texts().items()
            if (left := [row for row in rows if "marker" in row.lower()])
        }


def new_callback(document: dict[str, Any], *, problem: str | None = None) -> NewCallback:
    return NewCallback(
        workspace="demo",
        received_at=RECEIVED_AT,
        event=1,
        remote_id=None,
        body_sha256=hashlib.sha256(json.dumps(document).encode()).digest(),
        document=document,
        problem=problem,
    )


def own_report(sample: dict[str, Any], errand_id: int = WRITTEN) -> dict[str, Any]:
    """Make a report of an errand of the person."""
    report = report_of(sample, errand_id)
    attributes = report["data"]["attributes"]
    attributes["basic"]["data"] |= {
        "from": f"{NAME} ({ADDRESS})",
        "fromAddress": ADDRESS,
        "fromName": NAME,
        "to": "support@example.org, marker.family@example.org",
        "toAddresses": ["support@example.org", "marker.family@example.org"],
        "subject": "MARKER needs help",
        "iconicSubject": "<img/> MARKER needs help",
        "body": "<p>I am MARKER.</p>",
        "feedbackAnswer": "MARKER is content",
        "feedbackLink": "http://localhost/MARKER",
        "secureUserId": "19121212-MARKER",
        "phone": "MARKER 070-1234567",
    }
    attributes["extended"] |= {
        "answer_body": "Dear MARKER",
        "answer_subject": "Re: MARKER needs help",
        "feedback": {"Answer": "MARKER is content", "value": 0},
    }
    attributes["actions"][0]["note"] = f"Mail from {NAME} came in."
    attributes["actions"][1] |= {"note": f"Rated by {SPELLINGS[0]}.", "origin": NAME}
    return report


def mentioning_report(sample: dict[str, Any]) -> dict[str, Any]:
    """Make a report of a stranger's errand that mentions the person in every spelling."""
    report = report_of(sample, MENTIONED)
    attributes = report["data"]["attributes"]
    attributes["basic"]["data"] |= {
        "fromAddress": STRANGER,
        "copyAddresses": [ADDRESS, "third@example.org"],
        "copy": f"{ADDRESS}, third@example.org",
        "to": f"{NAME} ({ADDRESS})",
        "body": f"<p>Ask {NAME}: {' or '.join(SPELLINGS)}. But not x{ADDRESS}!</p>".replace(
            f"x{ADDRESS}", "xm@example.org"
        ),
    }
    attributes["actions"][0]["note"] = f"Copied to {ADDRESS}."
    return report


def report_of(sample: dict[str, Any], errand_id: int) -> dict[str, Any]:
    """Make a report of a stranger's errand."""
    report = copy.deepcopy(sample)
    report["data"]["id"] = str(errand_id)
    attributes = report["data"]["attributes"]
    attributes["basic"]["data"] |= {"fromAddress": STRANGER, "fromName": "Other Marksman"}
    for place, action in enumerate(attributes["actions"]):
        action["id"] = errand_id * 100 + place
    return report


def unreadable_report(sample: dict[str, Any]) -> dict[str, Any]:
    """Make an unreadable report of the person."""
    report = own_report(sample, UNREADABLE)
    report["data"]["attributes"]["actions"] = "MARKER did something"
    report["data"]["attributes"]["basic"]["data"]["status"] = "MARKER"
    return report


def callback_of(
    sample: dict[str, Any], errand_id: int, *, answer: int, files: list[int], **response: Any
) -> dict[str, Any]:
    """Make a callback about an answer, with its own files and an image that all answers share."""
    callback = copy.deepcopy(sample)
    callback["data"]["id"] = str(answer)
    callback["data"]["relationships"]["errand"]["data"]["id"] = str(errand_id)
    [errand] = [one for one in callback["included"] if one["type"] == "c3_answer_errands"]
    callback["included"] = [errand]
    errand["id"] = str(errand_id)
    attributes = errand["attributes"]["answer"]
    attributes["c3_id"], attributes["response"]["c3_id"] = answer, answer * 10
    attributes["response"] |= response
    errand["relationships"]["attachments"]["data"] = [
        {"type": "c3_response_attachments", "id": str(file)} for file in files
    ]
    del callback["meta"]
    return callback


def answered_callbacks(sample: dict[str, Any]) -> list[dict[str, Any]]:
    """Make three callbacks: answers to the person, to a stranger and the person, to a stranger."""
    to_stranger = sent_to(STRANGER, "Other Marksman")
    return [
        to_person(sample, answer=1, files=[OWN_FILE], to=sent_to(ADDRESS, NAME)),
        callback_of(
            sample,
            MENTIONED,
            answer=2,
            files=[STRANGERS_FILE],
            to=to_stranger + sent_to(ADDRESS, NAME),
            body=f"As {NAME} <{ADDRESS}> says",
            html_body=f"As {SPELLINGS[1]} says",
        ),
        callback_of(sample, STRANGERS, answer=3, files=[], to=to_stranger, body="Hi"),
    ]


def broken_callback(sample: dict[str, Any]) -> dict[str, Any]:
    """Make a callback that names the person where a number belongs."""
    broken = to_person(sample, answer=4, files=[], to=sent_to(ADDRESS, NAME))
    broken["data"]["attributes"]["event"] = "MARKER"
    return broken


def waiting_callback(sample: dict[str, Any]) -> dict[str, Any]:
    """Make a callback about the person that does not have the address."""
    return to_person(sample, answer=5, files=[791], to=[])


def to_person(sample: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    answer = {"body": "Dear MARKER", "html_body": "<p>Dear MARKER</p>", "subject": "Re: MARKER"}
    return callback_of(sample, WRITTEN, **attributes, **answer)


def sent_to(address: str, name: str) -> list[dict[str, Any]]:
    return [{"c3_id": 279, "email_address": address, "name": name}]


def file_of(family: Family) -> Callable[[int], FetchedAttachment]:
    def fetch(file_id: int) -> FetchedAttachment:
        owner = "MARKER" if file_id == OWN_FILE else "anybody"
        content = f"what {owner} wrote".encode()
        type_ = "c3_response_attachments" if family is FILES else "c3_area_archives"
        attachment = {"c3_id": file_id, "name": f"{owner}.txt", "content_type": "text/plain"}
        return FetchedAttachment(
            document={
                "data": {
                    "type": type_,
                    "id": str(file_id),
                    "attributes": {"attachment": attachment},
                }
            },
            content=BytesIO(content),
            size_bytes=len(content),
            sha256=hashlib.sha256(content).digest(),
        )

    return fetch


def spool(folder: Path, document: dict[str, Any], name: str = "0000000000000001-a.json") -> Path:
    """Put a callback into a spool as the receiver does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    path.write_text(
        json.dumps(
            {
                "workspace": "demo",
                "received_at": RECEIVED_AT.isoformat(),
                "event": 1,
                "remote_id": None,
                "body_sha256": "00" * 32,
                "document": document,
                "problem": None,
            }
        )
    )
    return path


def rating_by(rating_id: int, name: str, reviewer_id: int) -> dict[str, Any]:
    document = rating(rating_id, message=f"{name} was here", stars=4)
    document["data"]["attributes"]["data"] |= {"reviewerName": name, "reviewerId": reviewer_id}
    return document
