"""Finds questions in the stored library, and reads one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


class SearchIn(StrEnum):
    """The part of questions to search; the values are weights of ``cention.library_words``."""

    ANYWHERE = "ABC"
    QUESTION = "AB"  # and its subject
    ANSWER = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundQuestion:
    """A question that a search found."""

    question_id: int
    subject: str | None
    rank: float  # the higher the better; comparable only within one search
    toplist: bool
    headline: str  # excerpts of its text, with matches between ** and **


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQuestion:
    """A stored question, gone or not."""

    question_id: int
    subject: str | None
    question_html: str | None
    question_text: str | None
    answer_html: str | None
    answer_text: str | None
    toplist: bool
    gone_at: datetime | None
    fetched_at: datetime
    libraries: list[str]  # names of the libraries it is in
    categories: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFile:
    """A file of a question, or an image in its HTML."""

    kind: str
    attachment_id: int
    name: str | None
    content_type: str | None
    size_bytes: int | None
    state: str | None  # as in cention.attachment


def search(
    conn: Connection, workspace: str, phrase: str, *, where: SearchIn, limit: int
) -> list[FoundQuestion]:
    """Return the questions with every word of ``phrase``, best first; none for no words."""
    parameters = {"workspace": workspace, "phrase": phrase, "where": where, "limit": limit}
    with conn.cursor(row_factory=class_row(FoundQuestion)) as cursor:
        return cursor.execute(SQL["search_questions"], parameters).fetchall()


def read_question(conn: Connection, workspace: str, question_id: int) -> ReadQuestion | None:
    """Return one question; ``None`` if there never was one."""
    parameters = {"workspace": workspace, "question_id": question_id}
    with conn.cursor(row_factory=class_row(ReadQuestion)) as cursor:
        return cursor.execute(SQL["read_question"], parameters).fetchone()


def files_of(conn: Connection, workspace: str, question_id: int) -> list[QuestionFile]:
    """Return the files of one question, and the images in its HTML."""
    parameters = {"workspace": workspace, "question_id": question_id}
    with conn.cursor(row_factory=class_row(QuestionFile)) as cursor:
        return cursor.execute(SQL["files_of_question"], parameters).fetchall()
