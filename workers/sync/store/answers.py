"""Answers to errands, at rest: what callbacks told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from schemas.cention.attachments import AttachmentRef
from schemas.cention.callbacks import Answer
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer, and the callback that told of it."""

    callback_id: int
    remote_id: int | None  # data.id of the callback: a later one tells newer things
    received_at: datetime
    errand_id: int
    answer: Answer
    attachments: tuple[AttachmentRef, ...]


def save(conn: Connection, workspace: str, told: Sequence[AnswerRow]) -> None:
    """Write answers, recipients and links to attachments.

    Of two callbacks about one answer the one with the higher ``data.id`` holds, then the
    one that came last, in whatever order they are filed.
    """
    parameters = {"workspace": workspace, "told": orjson.dumps(list(told)).decode()}
    conn.execute(SQL["save_answers"], parameters)
    conn.execute(SQL["save_answer_recipients"], parameters)
    conn.execute(SQL["save_answer_attachments"], parameters)
