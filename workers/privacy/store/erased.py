"""Records whose writer was erased, and the redaction of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from workers.config.names import Family
from workers.database import Connection, queries
from workers.privacy.store.attachment_blobs import AttachmentKey

SQL = queries.load(__name__)

Key = tuple[str, int]
"""Workspace and Cention's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedDay:
    """How many records of one family were erased on one day."""

    day: date
    workspace: str
    family: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedDocument:
    """A landed document; ``None`` once retention removed it."""

    workspace: str
    family: str
    remote_id: int
    document: Any
    fetched_at: datetime
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDocument:
    """A callback in the inbox; its document is ``None`` once retention removed it."""

    callback_id: int
    document: Any
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The writer of an errand."""

    workspace: str
    errand_id: int
    writer: str
    contact: str | None  # the same as surveys know it; None if nobody was invited


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An address or name of the writer or an addressee of an errand."""

    workspace: str
    errand_id: int
    address: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """The texts of one action in an errand's history."""

    workspace: str
    errand_id: int
    action_id: int
    note: str | None
    origin: str | None


def key_arrays(keys: Iterable[Key]) -> dict[str, Any]:
    """Return keys as the parameters ``workspaces`` and ``ids``, in the order of locks."""
    ordered = sorted(keys)
    return {"workspaces": [w for w, _ in ordered], "ids": [i for _, i in ordered]}


def errands_of(conn: Connection, spellings: list[str]) -> list[Key]:
    """Return the errands that belong to an address, given in its spellings (in lower case)."""
    return conn.execute(SQL["errands_of"], {"spellings": spellings}).fetchall()


def ratings_of(conn: Connection, reviewers: Sequence[str]) -> list[Key]:
    """Return the Facebook ratings of reviewers, by Facebook's id or by exact name."""
    return conn.execute(SQL["ratings_of"], {"reviewers": list(reviewers)}).fetchall()


def names_of(conn: Connection, spellings: list[str]) -> list[str]:
    """Return the names stored next to an address, given in its spellings (in lower case)."""
    return [name for (name,) in conn.execute(SQL["names_of"], {"spellings": spellings})]


def writers_of(conn: Connection, keys: Iterable[Key]) -> list[Writer]:
    """Return the writers of errands that are known, one or more for each."""
    with conn.cursor(row_factory=class_row(Writer)) as cursor:
        return cursor.execute(SQL["writers_of"], key_arrays(set(keys))).fetchall()


def record_erased(conn: Connection, family: Family, keys: Iterable[Key]) -> set[Key]:
    """Record records as erased, and return them."""
    parameters = {**key_arrays(set(keys)), "family": family}
    return set(conn.execute(SQL["record_erased"], parameters).fetchall())


def pending_errands(conn: Connection, *, after: Key, limit: int) -> list[Key]:
    """Return the next erased errands with data that is not redacted yet."""
    parameters = {"workspace": after[0], "after": after[1], "limit": limit}
    return conn.execute(SQL["pending_errands"], parameters).fetchall()


def pending_ratings(conn: Connection, *, after: Key, limit: int) -> list[Key]:
    """Return the next erased ratings with data that is not redacted yet."""
    parameters = {"workspace": after[0], "after": after[1], "limit": limit}
    return conn.execute(SQL["pending_ratings"], parameters).fetchall()


def landed_of(conn: Connection, family: str, keys: Sequence[Key]) -> list[LandedDocument]:
    """Return the landed documents of records, locked until commit."""
    with conn.cursor(row_factory=class_row(LandedDocument)) as cursor:
        return cursor.execute(SQL["landed_of"], {**key_arrays(keys), "family": family}).fetchall()


def write_landed(
    conn: Connection, key: Key, family: str, document: Any, *, problem: str | None
) -> None:
    """Replace one landed document; ``None`` removes it."""
    conn.execute(
        SQL["write_landed"],
        {
            "workspace": key[0],
            "family": family,
            "remote_id": key[1],
            "document": None if document is None else Jsonb(document),
            "problem": problem,
        },
    )


def callbacks_of(conn: Connection, errands: Sequence[Key]) -> list[CallbackDocument]:
    """Return the last callbacks about answers to errands, locked until commit."""
    with conn.cursor(row_factory=class_row(CallbackDocument)) as cursor:
        return cursor.execute(SQL["callbacks_of_errands"], key_arrays(errands)).fetchall()


def write_callback(
    conn: Connection, callback_id: int, document: Any, *, problem: str | None
) -> None:
    """Replace the document of one callback; ``None`` removes it."""
    conn.execute(
        SQL["write_callback"],
        {
            "callback_id": callback_id,
            "document": None if document is None else Jsonb(document),
            "problem": problem,
        },
    )


def record_redacted(conn: Connection, family: Family, keys: Sequence[Key]) -> None:
    """Record that the current documents of erased records are redacted."""
    conn.execute(SQL["record_redacted"], {**key_arrays(keys), "family": family})


def people_of(conn: Connection, errands: Sequence[Key]) -> list[Alias]:
    """Return addresses and names of writers of errands, and of addressees of answers."""
    with conn.cursor(row_factory=class_row(Alias)) as cursor:
        return cursor.execute(SQL["people_of_errands"], key_arrays(errands)).fetchall()


def history_of(conn: Connection, errands: Sequence[Key]) -> list[HistoryLine]:
    """Return the texts in the history of errands."""
    with conn.cursor(row_factory=class_row(HistoryLine)) as cursor:
        return cursor.execute(SQL["history_of_errands"], key_arrays(errands)).fetchall()


def write_history(conn: Connection, lines: Sequence[HistoryLine]) -> None:
    """Replace texts of the history."""
    conn.execute(
        SQL["redact_history"],
        {
            "workspaces": [line.workspace for line in lines],
            "ids": [line.action_id for line in lines],
            "notes": [line.note for line in lines],
            "origins": [line.origin for line in lines],
        },
    )


_REDACT: Mapping[str, LiteralString] = {
    "cention.errand": SQL["redact_errands"],
    "cention.answer": SQL["redact_answers"],
    "cention.exported_errand": SQL["redact_exported_errands"],
    "feedback.opt_out": SQL["redact_opt_outs_of_errands"],
    "feedback.invitation": SQL["redact_invitations"],
    "feedback.session": SQL["redact_survey_sessions"],
    "feedback.answer": SQL["redact_survey_answers"],
    "cention.sent_errand": SQL["redact_survey_alerts"],
}


def redact_errands(conn: Connection, errands: Sequence[Key]) -> dict[str, int]:
    """Redact errands, reported and exported, with their answers and surveys.

    Return how many rows, by table.
    """
    recipients = _count(conn, SQL["redact_answer_recipients"], errands)
    redacted = {table: _count(conn, query, errands) for table, query in _REDACT.items()}
    return {**redacted, "cention.answer_recipient": recipients}


def redact_exported_by(conn: Connection, spellings: list[str]) -> int:
    """Redact exported errands of a writer (in lower case); return how many rows."""
    return len(conn.execute(SQL["redact_exported_by"], {"spellings": spellings}).fetchall())


def redact_opt_outs(conn: Connection, spellings: list[str]) -> int:
    """Redact the contact of objections, given in its spellings (in lower case); return how many."""
    return len(conn.execute(SQL["redact_opt_outs_of"], {"spellings": spellings}).fetchall())


def remove_contact_cards(conn: Connection, spellings: list[str]) -> int:
    """Delete contact cards with an address in any of its spellings; return how many."""
    return len(conn.execute(SQL["remove_contact_cards"], {"spellings": spellings}).fetchall())


def redact_sent_errands(conn: Connection, spellings: list[str]) -> int:
    """Redact sent errands of an address, in any spelling, and erased ones; return how many."""
    return len(conn.execute(SQL["redact_sent_errands"], {"spellings": spellings}).fetchall())


def remove_recipients(conn: Connection, errands: Sequence[Key]) -> int:
    """Delete the addressees of errands; return how many."""
    return _count(conn, SQL["remove_errand_recipients"], errands)


def redact_ratings(conn: Connection, ratings: Sequence[Key]) -> int:
    """Redact ratings; return how many were not redacted before."""
    return _count(conn, SQL["redact_ratings"], ratings)


def attachments_of(conn: Connection, errands: Sequence[Key]) -> list[AttachmentKey]:
    """Return the attachments of answers to these errands only, unless removed."""
    with conn.cursor(row_factory=class_row(AttachmentKey)) as cursor:
        return cursor.execute(SQL["attachments_of_errands"], key_arrays(errands)).fetchall()


def stop_wanting(conn: Connection, family: Family, keys: Sequence[Key]) -> int:
    """Take records off the wanted list; return how many."""
    parameters = {**key_arrays(keys), "family": family}
    return len(conn.execute(SQL["stop_wanting"], parameters).fetchall())


def erased_days(conn: Connection, *, timezone: str, limit: int) -> list[ErasedDay]:
    """Return how many records were erased on each day, the newest first."""
    with conn.cursor(row_factory=class_row(ErasedDay)) as cursor:
        return cursor.execute(SQL["erased_days"], {"timezone": timezone, "limit": limit}).fetchall()


def _count(conn: Connection, query: LiteralString, keys: Sequence[Key]) -> int:
    return len(conn.execute(query, key_arrays(keys)).fetchall())
