"""Compares the database with the sandbox's expected state, field by field."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import requests
from psycopg.rows import dict_row

KINDS = {
    "c3_response_attachments": "response",
    "c3_area_archives": "area_archive",
    "c3_library_attachments": "library",
}
ERRANDS: LiteralString = """
    SELECT e.*, a.actions, a.last_action_id,
           ARRAY(SELECT tag_id FROM cention.errand_tag AS t
                 WHERE (t.workspace, t.errand_id) = (e.workspace, e.errand_id) ORDER BY 1) AS tags,
           ARRAY(SELECT address FROM cention.errand_recipient AS r
                 WHERE (r.workspace, r.errand_id, r.kind) = (e.workspace, e.errand_id, 'to')
                 ORDER BY position) AS recipients,
           ARRAY(SELECT address FROM cention.errand_recipient AS r
                 WHERE (r.workspace, r.errand_id, r.kind) = (e.workspace, e.errand_id, 'copy')
                 ORDER BY position) AS copies
    FROM cention.errand AS e
    CROSS JOIN LATERAL (
        SELECT count(*) AS actions, max(action_id) AS last_action_id FROM cention.errand_action AS a
        WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
    ) AS a
"""
ATTACHMENTS: LiteralString = """
    SELECT kind, attachment_id, state, name, content_type, size_bytes,
           encode(sha256, 'hex') AS sha256, encode(sha256(content), 'hex') AS sha256_of_content
    FROM cention.attachment AS a LEFT JOIN cention.blob USING (sha256)
    WHERE NOT EXISTS (SELECT FROM cention.library_question_attachment AS q
                      WHERE (q.kind, q.attachment_id) = (a.kind, a.attachment_id))
"""
ANSWERS: LiteralString = """
    SELECT a.*,
           ARRAY(SELECT attachment_id FROM cention.answer_attachment AS f
                 WHERE (f.workspace, f.answer_id) = (a.workspace, a.answer_id)
                   AND kind = 'response' ORDER BY 1) AS attachments,
           ARRAY(SELECT attachment_id FROM cention.answer_attachment AS f
                 WHERE (f.workspace, f.answer_id) = (a.workspace, a.answer_id)
                   AND kind = 'area_archive' ORDER BY 1) AS archives,
           (SELECT array_agg(ARRAY[recipient_id::text, coalesce(address, ''), coalesce(name, '')])
            FROM cention.answer_recipient AS r
            WHERE (r.workspace, r.response_id) = (a.workspace, a.response_id)) AS recipients
    FROM cention.answer AS a
"""

Conn = psycopg.Connection[dict[str, Any]]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxControl:
    """The sandbox's control routes."""

    root: str

    def get(self, path: str) -> Any:
        return requests.get(f"{self.root}/sandbox/{path}", timeout=30).json()

    def post(self, path: str, body: Any = None) -> Any:
        return requests.post(f"{self.root}/sandbox/{path}", json=body or {}, timeout=30).json()


def wait_for_no_difference(sandbox: SandboxControl, database_url: str, *, within_s: float) -> None:
    """Wait until the database has the expected state; fail after ``within_s`` with differences."""
    ends_at = time.monotonic() + within_s
    while lines := differences(sandbox, database_url):
        shown = "\n".join(lines[:20])
        assert time.monotonic() < ends_at, f"{len(lines)} differences, such as\n{shown}"
        time.sleep(0.5)


def differences(sandbox: SandboxControl, database_url: str) -> list[str]:
    """Return what is missing, unexpected or out of date in the database, one line each.

    An SLA may be missing if Cention had not computed it at the last fetch.
    """
    state = sandbox.get("truth")
    with psycopg.connect(database_url, row_factory=dict_row) as conn:
        return [
            *_errands(conn, state["errands"]),
            *_ratings(conn, state["ratings"]),
            *_attachments(conn, state),
            *_callbacks(conn, state["callbacks"]),
            *_answers(conn, state["callbacks"]),
        ]


def pending_slas(database_url: str) -> int:
    """Return the number of errands whose SLA is missing."""
    with psycopg.connect(database_url) as conn:
        query: LiteralString = "SELECT count(*) FROM cention.errand WHERE sla_pending"
        return int(conn.execute(query).fetchall()[0][0])


def _errands(conn: Conn, state: dict[str, Any]) -> Iterator[str]:
    rows = {str(row["errand_id"]): row for row in conn.execute(ERRANDS)}
    yield from _unexpected("errand", rows, state)
    for errand_id, errand in state.items():
        row = rows.get(errand_id)
        if row is None:
            yield f"errand {errand_id} is missing"
        elif errand["gone"]:
            if row["gone_at"] is None:
                yield f"errand {errand_id} is gone and not marked so"
        else:
            expected = _expected_errand(errand) | _expected_sla(errand, row)
            yield from _compared(f"errand {errand_id}", row, expected)


def _expected_errand(errand: dict[str, Any]) -> Row:
    same = ("actions", "last_action_id", "closed", "deleted", "answered", "area_id")
    return {
        **{name: errand[name] for name in same},
        "gone_at": None,
        "subject": errand["subject"].replace("\x00", "\ufffd"),
        "organisation_id": errand["organisation_id"] or None,
        "agent_id": errand["agent_id"] or None,
        "service_id": errand["service_id"] or None,
        "tags": sorted(errand["tags"]),
        "recipients": errand["to"],
        "copies": errand["copies"],
        "arrived_at": _minute(errand["arrived_at"]),
        "answered_at": _minute(errand["answered_at"]),
        "done_at": _minute(errand["closed_at"]),
    }


def _expected_sla(errand: dict[str, Any], row: Row) -> Row:
    """Return the SLA columns; none if the SLA may be missing."""
    requested_at, known_at = row["fetched_at"].timestamp(), errand["sla_known_at"]
    if row["sla_pending"] and requested_at < known_at:
        return {}
    sla = errand["sla"]
    return {
        "sla_pending": False,
        "sla_expiry": sla["expiry"],
        "sla_done_due": sla["done_due"],
        "within_sla": sla["within_sla"],
        "handling_time_s": sla["handling_time"],
        "response_time_s": sla["response_time"],
    }


def _minute(epoch_s: int | None) -> datetime | None:
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s // 60 * 60, UTC)


def _ratings(conn: Conn, state: dict[str, Any]) -> Iterator[str]:
    found = conn.execute("SELECT * FROM cention.facebook_rating")
    rows = {str(row["rating_id"]): row for row in found}
    yield from _unexpected("rating", rows, state)
    for rating_id, rating in state.items():
        expected = {
            "rating": rating["rating"] or None,
            "message": (rating["message"] or "").replace("\x00", "\ufffd") or None,
            "reviewer_id": rating["reviewerId"],
            "reviewer_name": rating["reviewerName"] or None,
            "created_at": datetime.fromtimestamp(rating["timestampCreated"], UTC),
            "gone_at": None,
        }
        yield from _compared(f"rating {rating_id}", rows.get(rating_id), expected)


def _attachments(conn: Conn, state: dict[str, Any]) -> Iterator[str]:
    """Compare the files that accepted callbacks name; files of the library are not compared."""
    accepted = [callback for callback in state["callbacks"].values() if callback["accepted"]]
    named = {("response", one) for callback in accepted for one in callback["attachments"]}
    named |= {("area_archive", one) for callback in accepted for one in callback["archives"]}
    files = {(KINDS[file["type"]], file["id"]): file for file in state["attachments"]}
    rows = {(row["kind"], row["attachment_id"]): row for row in conn.execute(ATTACHMENTS)}
    yield from _unexpected("attachment", rows, named)
    for key in sorted(named):
        file = files[key]
        expected = {
            "state": "stored",
            "name": file["name"] or None,
            "content_type": file["content_type"] or None,
            "size_bytes": file["size_bytes"],
            "sha256": file["sha256"],
            "sha256_of_content": file["sha256"],
        }
        yield from _compared(f"attachment {key}", rows.get(key), expected)


def _callbacks(conn: Conn, state: dict[str, Any]) -> Iterator[str]:
    found = conn.execute("SELECT remote_id, filed_at, problem FROM intake.callback")
    rows = {str(row["remote_id"]): row for row in found}
    yield from _unexpected("callback", rows, state)
    for callback_id, callback in state.items():
        row = rows.get(callback_id)
        if callback["accepted"] and row is None:
            yield f"callback {callback_id} was accepted and is lost"
        elif callback["accepted"] and row and row["problem"]:
            yield f"callback {callback_id} has a problem: {row['problem']}"
        elif callback["accepted"] and row and row["filed_at"] is None:
            yield f"callback {callback_id} was accepted and is not filed"


def _answers(conn: Conn, state: dict[str, Any]) -> Iterator[str]:
    rows = {(row["answer_id"], row["response_id"]): row for row in conn.execute(ANSWERS)}
    callbacks = {(one["answer_id"], one["response_id"]): one for one in state.values()}
    yield from _unexpected("answer", rows, callbacks)
    for key, callback in callbacks.items():
        if callback["accepted"]:
            same = ("errand_id", "subject", "body_text", "service_id", "service_name")
            expected = {
                **{name: callback[name] for name in same},
                "attachments": sorted(callback["attachments"]),
                "archives": sorted(callback["archives"]),
                "recipients": callback["recipients"],
            }
            yield from _compared(f"answer {key}", rows.get(key), expected)


def _unexpected(what: str, rows: Iterable[Any], known: Iterable[Any]) -> list[str]:
    unknown = set(rows).difference(known)
    return [f"{what} {key} is stored but unknown at Cention" for key in sorted(unknown)]


def _compared(what: str, row: Row | None, expected: Row) -> Iterator[str]:
    if row is None:
        yield f"{what} is missing"
        return
    different = {name: (row[name], value) for name, value in expected.items() if row[name] != value}
    if different:
        yield f"{what}: (stored, expected) {different}"
