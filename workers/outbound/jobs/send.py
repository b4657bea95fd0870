"""Asking Cention for what must not be asked twice: the intent is committed before the request.

What a process was sending when it died is soon taken for unknown, by a worker or by the next
command: while it lives, it holds an advisory lock, in the session in which it notes the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection

from schemas.cention.errand_orders import attributes_of_call, attributes_of_closing
from schemas.cention.errands import EndedCall, ErrandAnswer, ErrandOrder
from workers.clients.cention.errands import Created
from workers.clients.errors import ApiError, outcome_is_unknown
from workers.database import advisory_locks
from workers.outbound.jobs.deduplication import Message
from workers.outbound.store import sent_commands, sent_errands
from workers.outbound.store.sent_commands import LastClosing
from workers.outbound.store.sent_errands import Intent, Sent

CREATED, DONE, REFUSED, UNKNOWN = "created", "done", "refused", "unknown"
SENDING = "sending"


class Cention(Protocol):
    """What ``ErrandsApi`` offers."""

    def create_order(self, order: ErrandOrder) -> Created: ...
    def close(self, errand_id: int, answer: ErrandAnswer) -> None: ...
    def end_call(self, call: EndedCall) -> None: ...


class NotNoted(Exception):
    """Cention has answered, and the answer could not be written down: it will count as unknown."""


class AlreadySent(Exception):
    """Nothing was sent: this message was sent before, and was not refused."""

    def __init__(self, before: Sent) -> None:
        super().__init__(f"sent before: {before.state}")
        self.before = before


class AlreadyClosed(Exception):
    """Nothing was sent: the errand was closed before, is being closed, or perhaps was."""

    def __init__(self, before: LastClosing) -> None:
        super().__init__(f"closed before: {before.state}")
        self.before = before


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking."""

    sent_id: int
    state: str  # created or done, refused, unknown
    errand_id: int | None = None
    error: ApiError | None = None


Settle = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One run of a command that sends, for one workspace. Its connection is in autocommit mode."""

    conn: Connection[Any]
    workspace: str
    run: UUID
    cention: Cention

    def create(self, message: Message, *, origin: str) -> Outcome:
        """Create an errand unless it was sent before. Raises ``AlreadySent``, ``NotNoted``."""
        intent = _intent(message, origin)
        sent_id = sent_errands.begin(self.conn, self.workspace, intent, sent_by=self.run)
        if sent_id is None:
            before = sent_errands.find(self.conn, self.workspace, intent.message_sha256)
            if before is None:
                raise LookupError("a message that was sent has left the table")
            raise AlreadySent(before)

        def settle(outcome: Outcome) -> None:
            sent_errands.settle(
                self.conn,
                self.workspace,
                sent_id,
                sent_by=self.run,
                state=outcome.state,
                errand_id=outcome.errand_id,
                problem=_problem(outcome),
            )

        return _asked(
            sent_id, CREATED, lambda: self.cention.create_order(message.order).errand_id, settle
        )

    def close(self, errand_id: int, answer: ErrandAnswer, *, again: bool) -> Outcome:
        """Close an errand.

        Raises ``AlreadyClosed`` for one that we are closing, or perhaps have closed, and unless
        ``again`` for one that we have; ``NotNoted``; and ``DocumentError`` before anything is sent.
        """
        attributes_of_closing(errand_id, answer)
        with self.conn.transaction():
            sent_commands.lock_closing(self.conn, self.workspace, errand_id)
            last = sent_commands.last_closing(self.conn, self.workspace, errand_id)
            if last is not None and (last.state != DONE or not again):
                raise AlreadyClosed(last)
            sent_id = sent_commands.begin_closing(
                self.conn,
                self.workspace,
                errand_id,
                user_type=answer.user_type,
                user_id=answer.user_id,
                sent_by=self.run,
            )
        settle = self._settle(sent_commands.CLOSING)
        return _asked(sent_id, DONE, lambda: self.cention.close(errand_id, answer), settle)

    def end_call(self, call: EndedCall) -> Outcome:
        """Tell that a call is over. Raises ``NotNoted``, and ``DocumentError`` before sending."""
        attributes_of_call(call)
        sent_id = sent_commands.begin_call_end(
            self.conn,
            self.workspace,
            integration_name=call.integration_name,
            device_id=call.device_id,
            extension_id=call.extension_id,
            dialed_number=call.dialed_number,
            sent_by=self.run,
        )
        settle = self._settle(sent_commands.CALL_END)
        return _asked(sent_id, DONE, lambda: self.cention.end_call(call), settle)

    def _settle(self, table: str) -> Settle:
        return lambda outcome: sent_commands.settle(
            self.conn,
            table,
            self.workspace,
            outcome.sent_id,
            sent_by=self.run,
            state=outcome.state,
            problem=_problem(outcome),
        )


@contextmanager
def sending(conn: Connection[Any], workspace: str, cention: Cention) -> Iterator[Sender]:
    """Lend a sender; what dead ones have left is taken for unknown first."""
    abandon_dead(conn)
    run = uuid4()
    with advisory_locks.hold(conn, _lock(run), slots=1):
        yield Sender(conn=conn, workspace=workspace, run=run, cention=cention)


def abandon_dead(conn: Connection[Any]) -> None:
    """Take what dead processes were sending for unknown."""
    for run in sent_commands.senders(conn):
        with advisory_locks.hold(conn, _lock(run), slots=1) as slot:
            if slot is not None:
                sent_commands.abandon(conn, run)


def _lock(run: UUID) -> str:
    return f"sending/{run}"


def _asked(sent_id: int, success: str, ask: Callable[[], int | None], settle: Settle) -> Outcome:
    try:
        outcome = Outcome(sent_id=sent_id, state=success, errand_id=ask())
    except ApiError as error:
        state = UNKNOWN if outcome_is_unknown(error) else REFUSED
        outcome = Outcome(sent_id=sent_id, state=state, error=error)
    try:
        settle(outcome)
    except psycopg.Error as error:
        told = f" as errand {outcome.errand_id}" if outcome.errand_id else ""
        raise NotNoted(f"number {sent_id} was {outcome.state}{told}") from error
    return outcome


def _problem(outcome: Outcome) -> str | None:
    return str(outcome.error) if outcome.error else None


def _intent(message: Message, origin: str) -> Intent:
    errand = message.order.errand
    return Intent(
        message_sha256=message.message_sha256,
        content_sha256=message.content_sha256,
        message_id=errand.message_id,
        answered=message.order.answer is not None,
        origin=origin,
        from_address=errand.from_address,
        from_name=errand.name,
        subject=errand.subject,
        attachment_count=len(errand.attachments),
        attachment_bytes=sum(one.content.size_bytes for one in errand.attachments),
    )
