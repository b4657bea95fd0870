"""Answers of customers as vendors report them, and rows that belong to no invitation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from schemas.surveys.questions import Kind
from schemas.surveys.results import ResultAnswer, ResultRow
from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRows:
    """How many rows were new, known already, and of no invitation."""

    taken: int = 0
    known: int = 0
    unmatched: int = 0

    def __add__(self, other: SavedRows) -> SavedRows:
        return SavedRows(
            taken=self.taken + other.taken,
            known=self.known + other.known,
            unmatched=self.unmatched + other.unmatched,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, with the errand and the rule that it is about."""

    answered_at: datetime
    errand_id: int | None
    rule: str | None
    vendor: str
    origin: str
    question_key: str | None
    kind: str
    number: float | None
    lowest: float | None
    highest: float | None
    choice_text: str | None = field(repr=False)
    comment: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedRow:
    """A row of a vendor's results that belongs to no invitation."""

    received_at: datetime
    vendor: str
    origin: str
    reference: str | None = field(repr=False)
    cells: Mapping[str, str] | None = field(repr=False)  # None after retention


def save_results(
    conn: Connection[Any], workspace: str, vendor: str, rows: Sequence[ResultRow], *, origin: str
) -> SavedRows:
    """Save rows with answers, by our reference alone; the same ones again change nothing.

    A question of an invitation is answered once: what came first stands. An invitation that is
    answered was sent, so it becomes ``triggered``, whatever its request comes to. A row without
    a reference of ours is kept as unmatched. The caller is in a transaction.
    """
    references = _known_references(conn, workspace, {row.reference for row in rows})
    matched = [row for row in rows if row.reference in references]
    unmatched = [row for row in rows if row.reference not in references]
    new = _save_matched(conn, workspace, matched, origin=origin)
    settle_answered(conn, workspace, sorted(references))
    _save_unmatched(conn, workspace, vendor, unmatched, origin=origin)
    return SavedRows(taken=len(new), known=len(matched) - len(new), unmatched=len(unmatched))


def settle_answered(conn: Connection[Any], workspace: str, references: Sequence[str]) -> int:
    """Settle invitations that were answered; return how many were not settled before."""
    parameters = {"workspace": workspace, "references": list(references)}
    return len(conn.execute(SQL["settle_answered"], parameters).fetchall())


def newest(conn: Connection[Any], workspace: str, *, limit: int) -> list[Answer]:
    """Return the last answers, the newest first."""
    with conn.cursor(row_factory=class_row(Answer)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["newest_answers"], parameters).fetchall()


def unmatched(conn: Connection[Any], workspace: str, *, limit: int) -> list[UnmatchedRow]:
    """Return the last rows that belong to no invitation, the newest first."""
    with conn.cursor(row_factory=class_row(UnmatchedRow)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["unmatched_rows"], parameters).fetchall()


def _known_references(conn: Connection[Any], workspace: str, references: Iterable[str]) -> set[str]:
    parameters = {"workspace": workspace, "references": list(references)}
    return {row[0] for row in conn.execute(SQL["known_references"], parameters).fetchall()}


def _save_matched(
    conn: Connection[Any], workspace: str, rows: Sequence[ResultRow], *, origin: str
) -> set[int]:
    """Save the answers of rows; return the lines of those with an answer that is new."""
    parameters = {
        "workspace": workspace,
        "origin": origin,
        "rows": orjson.dumps([_session(row) for row in rows]).decode(),
    }
    sessions = dict(conn.execute(SQL["open_result_sessions"], parameters).fetchall())
    first: dict[tuple[int, str], ResultRow] = {}
    answers = []
    for row in rows:
        for answer in row.answers:
            key = (sessions[row.reference], answer.question)
            if first.setdefault(key, row) is row:
                answers.append(_answer(row, answer, session_id=key[0]))
    parameters = {"workspace": workspace, "answers": orjson.dumps(answers).decode()}
    saved = conn.execute(SQL["add_answers"], parameters).fetchall()
    return {first[session_id, question].line for session_id, question in saved}


def _save_unmatched(
    conn: Connection[Any], workspace: str, vendor: str, rows: Sequence[ResultRow], *, origin: str
) -> None:
    parameters = {
        "workspace": workspace,
        "vendor": vendor,
        "origin": origin,
        "digests": [row.sha256 for row in rows],
        "references": [row.reference for row in rows],
        "cells": [orjson.dumps(row.cells).decode() for row in rows],
    }
    conn.execute(SQL["save_unmatched"], parameters)


def _session(row: ResultRow) -> dict[str, Any]:
    return {"reference": row.reference, "answered_at": row.answered_at}


def _answer(row: ResultRow, answer: ResultAnswer, *, session_id: int) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "question_key": answer.question,
        "kind": answer.kind.value,
        "number": answer.number,
        "lowest": answer.lowest,
        "highest": answer.highest,
        "choice_text": answer.text if answer.kind is Kind.CHOICE else None,
        "comment": answer.text if answer.kind is Kind.TEXT else None,
        "answered_at": row.answered_at,
    }
