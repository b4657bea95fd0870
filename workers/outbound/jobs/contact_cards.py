"""Sends contact cards: each is recorded before it is sent, with the answer after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Protocol

from schemas.cention.contact_cards import (
    ContactCard,
    card_id_of,
    contacts_in_answer,
    read_contact_card,
)
from schemas.errors import DocumentError
from workers.clients import errors
from workers.clients.errors import ApiError
from workers.database import Transaction
from workers.outbound.rules.contact_csv import Row
from workers.outbound.store import contact_cards
from workers.sync.jobs.retry import with_backoff

BATCH = 200  # rows whose earlier sending is looked up at once
MAX_CONSECUTIVE_FAILURES = 5  # in a row; then the fault is not the rows'
FAILS_EVERY_ROW = (
    errors.Unauthorised,
    errors.Redirected,
    errors.WrongUrl,
    errors.Unreachable,
    errors.Busy,
)

Sleep = Callable[[float], object]


class ContactCardsClient(Protocol):
    """The part of ``ContactsApi`` that sending needs."""

    def upsert(self, card: ContactCard) -> dict[str, Any] | None:
        """Send one card; return Cention's answer."""


class RowOutcome(StrEnum):
    """The result of a row: to be sent, sent, or why not."""

    TO_SEND = "to be sent"
    SENT = "sent"
    SENT_BEFORE = "sent before"
    REPEATED = "repeated in the file"
    BAD = "bad"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCard:
    """A card that Cention accepted."""

    card_id: int | None = None  # None: Cention did not say
    card: ContactCard | None = None  # as it is now; None: unknown, or unreadable
    returned: Mapping[str, Any] | None = None  # the contacts in the answer, unparsed
    problem: str | None = None  # why the answer is unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """One row and its outcome."""

    row: Row
    outcome: RowOutcome
    reason: str | None = None


def send(
    card: ContactCard,
    *,
    workspace: str,
    api: ContactCardsClient,
    transaction: Transaction,
    sleep: Sleep = time.sleep,
) -> SentCard:
    """Send one card; record what was sent and what came back.

    Sending is idempotent, so it is retried a few times while Cention is busy. Raises ``ApiError``
    after recording whether Cention refused the card or may have it.
    """
    with transaction() as conn:
        contact_cards.begin(conn, workspace, card)

    try:
        document = with_backoff(lambda: api.upsert(card), idempotent=True, sleep=sleep)
    except ApiError as error:
        unknown = errors.outcome_is_unknown(error)
        with transaction() as conn:
            contact_cards.record_failed(conn, workspace, card, unknown=unknown, error=str(error))
        raise

    sent = _read(document)
    with transaction() as conn:
        contact_cards.record_sent(
            conn,
            workspace,
            card,
            card_id=sent.card_id,
            name=sent.card.name if sent.card else None,
            returned=sent.returned,
            error=sent.problem,
        )
    return sent


def classify_rows(
    rows: Iterable[Row], *, workspace: str, transaction: Transaction, again: bool = False
) -> Iterator[RowResult]:
    """Yield each row with its outcome: ``TO_SEND``, or why it is not sent.

    A card that Cention has already is sent again only with ``again``.
    """
    seen: set[ContactCard] = set()
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        cards = [row.card for row in batch if row.card]
        with transaction() as conn:
            before = set() if again else contact_cards.already_sent(conn, workspace, cards)
        for row in batch:
            yield _classify(row, seen, before)


def send_rows(
    rows: Iterable[Row],
    *,
    workspace: str,
    api: ContactCardsClient,
    transaction: Transaction,
    again: bool = False,
    sleep: Sleep = time.sleep,
) -> Iterator[RowResult]:
    """Send the cards of a table; yield the result of each row.

    Rows are sent one after the other: of two concurrent rows of one person Cention could make two
    cards. A refused row does not stop the others. Raises ``ApiError`` if no row can be sent now;
    started again, it continues.
    """
    failures = 0
    for one in classify_rows(rows, workspace=workspace, transaction=transaction, again=again):
        if one.outcome is not RowOutcome.TO_SEND or one.row.card is None:
            yield one
            continue
        try:
            sent = send(
                one.row.card, workspace=workspace, api=api, transaction=transaction, sleep=sleep
            )
        except FAILS_EVERY_ROW:
            raise
        except ApiError as error:
            unknown = errors.outcome_is_unknown(error)
            failures = failures + 1 if unknown else 0
            if failures == MAX_CONSECUTIVE_FAILURES:
                raise
            outcome = RowOutcome.UNKNOWN if unknown else RowOutcome.REFUSED
            yield RowResult(row=one.row, outcome=outcome, reason=str(error))
        else:
            failures = 0
            yield RowResult(row=one.row, outcome=RowOutcome.SENT, reason=sent.problem)


def _classify(row: Row, seen: set[ContactCard], before: set[ContactCard]) -> RowResult:
    if row.card is None:
        return RowResult(row=row, outcome=RowOutcome.BAD, reason=row.problem)
    if row.card in before:
        return RowResult(row=row, outcome=RowOutcome.SENT_BEFORE)
    if row.card in seen:
        return RowResult(row=row, outcome=RowOutcome.REPEATED)
    seen.add(row.card)
    return RowResult(row=row, outcome=RowOutcome.TO_SEND)


def _read(document: dict[str, Any] | None) -> SentCard:
    """Read Cention's answer; whatever it says, Cention accepted the card."""
    if document is None:
        return SentCard()
    returned = contacts_in_answer(document)
    try:
        stored = read_contact_card(document)
    except DocumentError as error:
        problem = f"sent, but the answer is unreadable: {error}"
        return SentCard(card_id=card_id_of(document), returned=returned, problem=problem)
    return SentCard(card_id=stored.card_id, card=stored.card, returned=returned)
