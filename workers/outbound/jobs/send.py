"""Sends requests that must not be repeated: the intent is committed before the request.

A running command holds an advisory lock in the session that records the outcomes. Requests of a
command that died are marked as of unknown outcome by a worker or by the next command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

import psycopg

from schemas.cention.errand_orders import attributes_of_call, attributes_of_closing
from schemas.cention.errands import EndedCall, ErrandAnswer, ErrandOrder
from workers.clients.cention.errands import Created
from workers.clients.errors import ApiError, outcome_is_unknown
from workers.database import Connection, advisory_locks
from workers.outbound.jobs.deduplication import IdentifiedOrder
from workers.outbound.store import sent_commands, sent_errands
from workers.outbound.store.sent_commands import LastClosing
from workers.outbound.store.sent_errands import Intent, SentErrand

CREATED, DONE, REFUSED, UNKNOWN = "created", "done", "refused", "unknown"
SENDING = "sending"


class ErrandsClient(Protocol):
    """The part of ``ErrandsApi`` that sending needs."""

    def create_order(self, order: ErrandOrder) -> Created: ...
    def close(self, errand_id: int, answer: ErrandAnswer) -> None: ...
    def end_call(self, call: EndedCall) -> None: ...


class OutcomeNotRecorded(Exception):
    """Cention answered, but the outcome could not be recorded: it will count as unknown."""


class AlreadySent(Exception):
    """Nothing was sent: the message was sent before, and was not refused."""

    def __init__(self, before: SentErrand) -> None:
        super().__init__(f"sent before: {before.state}")
        self.before = before


class AlreadyClosed(Exception):
    """Nothing was sent: the errand was closed before, is being closed, or may have been."""

    def __init__(self, before: LastClosing) -> None:
        super().__init__(f"closed before: {before.state}")
        self.before = before


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one request."""

    sent_id: int
    state: str  # created or done, refused, unknown
    errand_id: int | None = None
    error: ApiError | None = None


Settle = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One run of a sending command, for one workspace; its connection is in autocommit mode."""

    conn: Connection
    workspace: str
    run: UUID
    client: ErrandsClient

    def create(self, identified: IdentifiedOrder, *, origin: str) -> Outcome:
        """Create an errand, once per message id.

        Raises ``AlreadySent`` or ``OutcomeNotRecorded``.
        """
        intent = _intent(identified, origin)
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

        return _send(
            sent_id, CREATED, lambda: self.client.create_order(identified.order).errand_id, settle
        )

    def close(self, errand_id: int, answer: ErrandAnswer, *, again: bool) -> Outcome:
        """Close an errand.

        Raises ``AlreadyClosed`` if a closing is in flight or of unknown outcome, and without
        ``again`` if one succeeded; ``OutcomeNotRecorded``; and ``DocumentError`` before sending.
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
        return _send(sent_id, DONE, lambda: self.client.close(errand_id, answer), settle)

    def end_call(self, call: EndedCall) -> Outcome:
        """Report the end of a call.

        Raises ``OutcomeNotRecorded``, and ``DocumentError`` before sending.
        """
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
        return _send(sent_id, DONE, lambda: self.client.end_call(call), settle)

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
def open_sender(conn: Connection, workspace: str, client: ErrandsClient) -> Iterator[Sender]:
    """Yield a sender, after marking the requests of dead commands as of unknown outcome."""
    mark_abandoned_unknown(conn)
    run = uuid4()
    with advisory_locks.hold(conn, _lock(run), slots=1):
        yield Sender(conn=conn, workspace=workspace, run=run, client=client)


def mark_abandoned_unknown(conn: Connection) -> None:
    """Mark requests that dead processes were sending as of unknown outcome."""
    for run in sent_commands.senders(conn):
        with advisory_locks.hold(conn, _lock(run), slots=1) as slot:
            if slot is not None:
                sent_commands.mark_unknown(conn, run)


def _lock(run: UUID) -> str:
    return f"sending/{run}"


def _send(sent_id: int, success: str, request: Callable[[], int | None], settle: Settle) -> Outcome:
    try:
        outcome = Outcome(sent_id=sent_id, state=success, errand_id=request())
    except ApiError as error:
        state = UNKNOWN if outcome_is_unknown(error) else REFUSED
        outcome = Outcome(sent_id=sent_id, state=state, error=error)
    try:
        settle(outcome)
    except psycopg.Error as error:
        errand = f" as errand {outcome.errand_id}" if outcome.errand_id else ""
        raise OutcomeNotRecorded(f"number {sent_id} was {outcome.state}{errand}") from error
    return outcome


def _problem(outcome: Outcome) -> str | None:
    return str(outcome.error) if outcome.error else None


def _intent(identified: IdentifiedOrder, origin: str) -> Intent:
    errand = identified.order.errand
    return Intent(
        message_sha256=identified.message_sha256,
        content_sha256=identified.content_sha256,
        message_id=errand.message_id,
        answered=identified.order.answer is not None,
        origin=origin,
        from_address=errand.from_address,
        from_name=errand.name,
        subject=errand.subject,
        attachment_count=len(errand.attachments),
        attachment_bytes=sum(one.content.size_bytes for one in errand.attachments),
    )
