"""The tables of answers to errands, as callbacks reported them."""

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
    """An answer, and the callback that contained it."""

    callback_id: int
    remote_id: int | None  # data.id of the callback: a higher one is newer
    received_at: datetime
    errand_id: int
    answer: Answer
    attachments: tuple[AttachmentRef, ...]


def save(conn: Connection, workspace: str, answers: Sequence[AnswerRow]) -> None:
    """Write answers, recipients and links to attachments.

    Of two callbacks about one answer the one with the higher ``data.id`` wins, then the one that
    was received last, in whatever order they are filed.
    """
    parameters = {"workspace": workspace, "answers": orjson.dumps(list(answers)).decode()}
    conn.execute(SQL["save_answers"], parameters)
    conn.execute(SQL["save_answer_recipients"], parameters)
    conn.execute(SQL["save_answer_attachments"], parameters)
