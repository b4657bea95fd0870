"""Comparing what the sandbox knows with what the database holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import requests
from psycopg.rows import dict_row

KINDS = {"c3_response_attachments": "response", "c3_area_archives": "area_archive"}
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
    SELECT kind, attachment_id, state, encode(sha256, 'hex') AS sha256, length(content) AS length
    FROM cention.attachment LEFT JOIN cention.blob USING (sha256)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The sandbox's control routes."""

    root: str

    def get(self, path: str) -> Any:
        return requests.get(f"{self.root}/sandbox/{path}", timeout=30).json()

    def post(self, path: str, wish: Any = None) -> Any:
        return requests.post(f"{self.root}/sandbox/{path}", json=wish or {}, timeout=30).json()


def differences(sandbox: Sandbox, database_url: str) -> list[str]:
    """Return what is missing or out of date in the database, one line each."""
    truth = sandbox.get("truth")
    with psycopg.connect(database_url, row_factory=dict_row) as conn:
        return [
            *_errands(conn, truth["errands"]),
            *_ratings(conn, truth["ratings"]),
            *_attachments(conn, truth["attachments"]),
            *_callbacks(conn, truth["callbacks"]),
        ]


def _rows(
    conn: psycopg.Connection[dict[str, Any]], query: LiteralString, key: str
) -> dict[str, dict[str, Any]]:
    return {str(row[key]): row for row in conn.execute(query).fetchall()}


def _errands(conn: psycopg.Connection[dict[str, Any]], truth: dict[str, Any]) -> Iterator[str]:
    rows = _rows(conn, ERRANDS, "errand_id")
    for errand_id, errand in truth.items():
        row = rows.get(errand_id)
        if row is None:
            yield f"errand {errand_id} is missing"
        elif errand["gone"]:
            if row["gone_at"] is None:
                yield f"errand {errand_id} is gone and not marked so"
        else:
            yield from _compared(f"errand {errand_id}", row, _expected_errand(errand))


def _expected_errand(errand: dict[str, Any]) -> dict[str, Any]:
    same = ("actions", "last_action_id", "closed", "deleted", "answered", "area_id")
    return {
        **{name: errand[name] for name in same},
        "subject": errand["subject"].replace("\x00", "\ufffd"),
        "organisation_id": errand["organisation_id"] or None,
        "agent_id": errand["agent_id"] or None,
        "service_id": errand["service_id"] or None,
        "tags": sorted(errand["tags"]),
        "recipients": errand["to"],
        "copies": errand["copies"],
    }


def _ratings(conn: psycopg.Connection[dict[str, Any]], truth: dict[str, Any]) -> Iterator[str]:
    rows = _rows(conn, "SELECT * FROM cention.facebook_rating", "rating_id")
    for rating_id, rating in truth.items():
        expected = {
            "rating": rating["rating"] or None,
            "message": (rating["message"] or "").replace("\x00", "\ufffd") or None,
            "reviewer_id": rating["reviewerId"],
        }
        yield from _compared(f"rating {rating_id}", rows.get(rating_id), expected)


def _attachments(
    conn: psycopg.Connection[dict[str, Any]], truth: list[dict[str, Any]]
) -> Iterator[str]:
    known = {(KINDS[a["type"]], a["id"]): a for a in truth}
    for row in conn.execute(ATTACHMENTS).fetchall():
        file = known.get((row["kind"], row["attachment_id"]))
        if file is None:
            continue  # of a sandbox before this one
        expected = {"state": "stored", "sha256": file["sha256"], "length": file["size_bytes"]}
        yield from _compared(f"attachment {row['attachment_id']}", row, expected)


def _callbacks(conn: psycopg.Connection[dict[str, Any]], truth: dict[str, Any]) -> Iterator[str]:
    rows = _rows(conn, "SELECT * FROM intake.callback", "remote_id")
    answered = {row["remote_id"] for row in conn.execute("SELECT remote_id FROM cention.answer")}
    for callback_id, callback in truth.items():
        row = rows.get(callback_id)
        if callback["accepted"] and (row is None or row["filed_at"] is None):
            yield f"callback {callback_id} was accepted and is not filed"
        elif callback["accepted"] and int(callback_id) not in answered:
            yield f"callback {callback_id} was filed without its answer"


def _compared(what: str, row: dict[str, Any] | None, expected: dict[str, Any]) -> Iterator[str]:
    if row is None:
        yield f"{what} is missing"
        return
    wrong = {name: (row[name], value) for name, value in expected.items() if row[name] != value}
    if wrong:
        yield f"{what}: (stored, true) {wrong}"
