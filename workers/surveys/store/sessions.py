"""Surveys that our own pages conduct: who may answer, what is asked, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row, scalar_row

from schemas.surveys.questions import Kind
from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A survey that a customer has begun."""

    session_id: int
    state: str  # open, complete, partial, stuck or gone
    verified: bool
    position: int  # of the question that is asked next, from 1
    question: Mapping[str, Any] | None = field(repr=False)  # a vendor's
    language: str | None
    quiet_s: float  # since its last answer, or since it began


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The invitation that a link belongs to."""

    workspace: str
    invitation_id: int
    reference: str
    errand_id: int
    vendor: str
    survey: Mapping[str, Any]  # of the vendor, as in the rule
    state: str
    contact: str | None = field(repr=False)  # None: the person was erased
    person_sha256: bytes = field(repr=False)
    rule_language: str | None
    expired: bool
    opted_out: bool
    rules_version: int | None  # of the page that is shown
    session: Session | None  # None: not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A dialog of Alvaria that sent its customer to our page."""

    rules_version: int | None  # of the page that is shown; None: no rules file was loaded
    session: Session | None  # None: not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """An answer that a customer has just given."""

    question_key: str | None
    question_text: str
    kind: Kind
    choice_id: int | None = None
    choice_text: str | None = field(default=None, repr=False)
    number: float | None = None
    lowest: float | None = None
    highest: float | None = None
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer that a customer gave earlier."""

    question_text: str | None
    kind: str
    choice_id: int | None
    choice_text: str | None = field(repr=False)
    number: float | None
    highest: float | None
    comment: str | None = field(repr=False)


def link(conn: Connection[Any], digest: bytes) -> Link | None:
    """Return the invitation whose link has a token with this digest; ``None`` if there is none."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(SQL["link"], {"digest": digest}).fetchone()
    if row is None:
        return None
    session = _session(row)
    return Link(**row | {"person_sha256": bytes(row["person_sha256"])}, session=session)


def chat(conn: Connection[Any], workspace: str, remote_id: str) -> Chat:
    """Return what is known of a dialog of Alvaria."""
    parameters = {"workspace": workspace, "remote_id": remote_id}
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(SQL["chat"], parameters).fetchall()[0]
    session = _session(row)
    return Chat(**row, session=session)


def open_session(
    conn: Connection[Any], link: Link, *, language: str, rules_version: int | None
) -> int:
    """Open the session of an invitation, unless there is one; return its number.

    ``rules_version``: of the page with its questions; ``None`` if a vendor has them.
    """
    parameters = {
        "workspace": link.workspace,
        "invitation_id": link.invitation_id,
        "language": language,
        "rules_version": rules_version,
    }
    return int(conn.execute(SQL["open_session"], parameters).fetchall()[0][0])


def open_chat(
    conn: Connection[Any],
    workspace: str,
    remote_id: str,
    *,
    language: str,
    rules_version: int,
    per_minute: int,
) -> int | None:
    """Open the session of a dialog of Alvaria, unless there is one; return its number.

    ``None``: there is none, and ``per_minute`` have begun within a minute. The caller is in a
    transaction.
    """
    parameters = {
        "workspace": workspace,
        "remote_id": remote_id,
        "language": language,
        "rules_version": rules_version,
        "per_minute": per_minute,
    }
    conn.execute(SQL["lock_new_chats"], parameters)
    with conn.cursor(row_factory=scalar_row) as cursor:
        opened: int | None = cursor.execute(SQL["open_chat"], parameters).fetchone()
        return opened or cursor.execute(SQL["chat_session"], parameters).fetchone()


def add_answer(
    conn: Connection[Any],
    workspace: str,
    session_id: int,
    position: int,
    answer: NewAnswer,
    *,
    language: str,
    last: bool,
) -> bool:
    """Add the answer to the question that is asked, and ask the next one.

    ``last``: there is none. Return ``False`` if that question is not asked any more: its first
    answer stands.
    """
    parameters = asdict(answer) | {
        "workspace": workspace,
        "session_id": session_id,
        "position": position,
        "language": language,
        "last": last,
    }
    return bool(conn.execute(SQL["add_answer"], parameters).fetchall())


def given(
    conn: Connection[Any], workspace: str, session_id: int, position: int
) -> GivenAnswer | None:
    """Return the answer to an earlier question; ``None`` if there is none."""
    parameters = {"workspace": workspace, "session_id": session_id, "position": position}
    with conn.cursor(row_factory=class_row(GivenAnswer)) as cursor:
        return cursor.execute(SQL["given_answer"], parameters).fetchone()


def end(conn: Connection[Any], workspace: str, session_id: int) -> bool:
    """End a survey before its last question; return ``False`` if it had ended."""
    parameters = {"workspace": workspace, "session_id": session_id}
    return bool(conn.execute(SQL["end_session"], parameters).fetchall())


def _session(row: dict[str, Any]) -> Session | None:
    """Take the columns of the session out of a row."""
    columns = {
        "session_id": row.pop("session_id"),
        "state": row.pop("session_state"),
        "verified": row.pop("verified"),
        "position": row.pop("position"),
        "question": row.pop("question"),
        "language": row.pop("session_language"),
        "quiet_s": row.pop("quiet_s"),
    }
    return Session(**columns) if columns["session_id"] is not None else None
