"""Sending contact cards: what is sent is written down first, what comes back beside it."""

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

BATCH = 200  # rows of which is asked at once whether they were sent before
MOST_FAILURES = 5  # in a row: then the fault is not the rows'
STOPS = (
    errors.Unauthorised,
    errors.Redirected,
    errors.WrongUrl,
    errors.Unreachable,
    errors.Busy,
)

Sleep = Callable[[float], object]


class Cards(Protocol):
    """What sending needs of Cention."""

    def upsert(self, card: ContactCard) -> dict[str, Any] | None:
        """Send one card, return what Cention answered."""


class Fate(StrEnum):
    """What became of a row."""

    TO_SEND = "to be sent"
    SENT = "sent"
    SENT_BEFORE = "sent before"
    REPEATED = "repeated in the file"
    BAD = "bad"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A card that Cention took."""

    card_id: int | None = None  # None: it was not told
    card: ContactCard | None = None  # as it is now; None: that was not told, or made no sense
    returned: Mapping[str, Any] | None = None  # what was told, as it came
    problem: str | None = None  # its answer made no sense


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One row and what became of it."""

    row: Row
    fate: Fate
    reason: str | None = None


def send(
    card: ContactCard,
    *,
    workspace: str,
    api: Cards,
    transaction: Transaction,
    sleep: Sleep = time.sleep,
) -> Sent:
    """Send one card, and write down what was sent and what came back.

    Sending is harmless to repeat, so a busy Cention is asked again a few times.
    Raises ``ApiError`` once it is noted whether Cention refused the card or may have it.
    """
    with transaction() as conn:
        contact_cards.begin(conn, workspace, card)

    try:
        document = with_backoff(lambda: api.upsert(card), idempotent=True, sleep=sleep)
    except ApiError as error:
        unknown = errors.outcome_is_unknown(error)
        with transaction() as conn:
            contact_cards.note_failed(conn, workspace, card, unknown=unknown, error=str(error))
        raise

    sent = _read(document)
    with transaction() as conn:
        contact_cards.note_sent(
            conn,
            workspace,
            card,
            card_id=sent.card_id,
            name=sent.card.name if sent.card else None,
            returned=sent.returned,
            error=sent.problem,
        )
    return sent


def examine(
    rows: Iterable[Row], *, workspace: str, transaction: Transaction, again: bool = False
) -> Iterator[Done]:
    """Yield each row with what becomes of it: ``TO_SEND``, or why it is not sent.

    A card that Cention has already is sent again only if ``again`` says so.
    """
    seen: set[ContactCard] = set()
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        cards = [row.card for row in batch if row.card]
        with transaction() as conn:
            before = set() if again else contact_cards.already_sent(conn, workspace, cards)
        for row in batch:
            yield _examined(row, seen, before)


def send_rows(
    rows: Iterable[Row],
    *,
    workspace: str,
    api: Cards,
    transaction: Transaction,
    again: bool = False,
    sleep: Sleep = time.sleep,
) -> Iterator[Done]:
    """Send the cards of a table, and yield what became of each row.

    One after the other: Cention would make two cards of one person if two rows overtook one
    another. A row that is refused stops no other. Raises ``ApiError`` if no row can be sent now;
    to go on, start again.
    """
    failures = 0
    for one in examine(rows, workspace=workspace, transaction=transaction, again=again):
        if one.fate is not Fate.TO_SEND or one.row.card is None:
            yield one
            continue
        try:
            sent = send(
                one.row.card, workspace=workspace, api=api, transaction=transaction, sleep=sleep
            )
        except STOPS:
            raise
        except ApiError as error:
            unknown = errors.outcome_is_unknown(error)
            failures = failures + 1 if unknown else 0
            if failures == MOST_FAILURES:
                raise
            fate = Fate.UNKNOWN if unknown else Fate.REFUSED
            yield Done(row=one.row, fate=fate, reason=str(error))
        else:
            failures = 0
            yield Done(row=one.row, fate=Fate.SENT, reason=sent.problem)


def _examined(row: Row, seen: set[ContactCard], before: set[ContactCard]) -> Done:
    if row.card is None:
        return Done(row=row, fate=Fate.BAD, reason=row.problem)
    if row.card in before:
        return Done(row=row, fate=Fate.SENT_BEFORE)
    if row.card in seen:
        return Done(row=row, fate=Fate.REPEATED)
    seen.add(row.card)
    return Done(row=row, fate=Fate.TO_SEND)


def _read(document: dict[str, Any] | None) -> Sent:
    """Read what Cention answered; whatever it is, Cention took the card."""
    if document is None:
        return Sent()
    returned = contacts_in_answer(document)
    try:
        stored = read_contact_card(document)
    except DocumentError as error:
        problem = f"sent, but the answer makes no sense: {error}"
        return Sent(card_id=card_id_of(document), returned=returned, problem=problem)
    return Sent(card_id=stored.card_id, card=stored.card, returned=returned)
