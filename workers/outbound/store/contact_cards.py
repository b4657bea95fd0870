"""Contact cards that were sent, with what Cention returned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from schemas.cention.contact_cards import ContactCard, contacts_in_card
from schemas.text.unstorable import replace_unstorable
from workers.database import Connection, queries

SQL = queries.load(__name__)


def fingerprint(card: ContactCard) -> bytes:
    """Return the digest that identifies a card, whatever the order of its channels."""
    canonical = json.dumps(contacts_in_card(card), sort_keys=True)
    return hashlib.sha256(canonical.encode()).digest()


def begin(conn: Connection, workspace: str, card: ContactCard) -> None:
    """Record a card before it is sent; commit it first."""
    parameters = {**_key(workspace, card), "sent": Jsonb(contacts_in_card(card))}
    conn.execute(SQL["begin_sending_card"], parameters)


def record_sent(
    conn: Connection,
    workspace: str,
    card: ContactCard,
    *,
    card_id: int | None,
    name: str | None,
    returned: Mapping[str, Any] | None,
    error: str | None = None,
) -> None:
    """Record Cention's answer, where it had one; ``error``: why it is unreadable."""
    parameters = {
        **_key(workspace, card),
        "card_id": card_id,
        "name": replace_unstorable(name),
        "returned": None if returned is None else Jsonb(replace_unstorable(returned)),
        "error": error,
    }
    conn.execute(SQL["record_card_sent"], parameters)


def record_failed(
    conn: Connection,
    workspace: str,
    card: ContactCard,
    *,
    unknown: bool,
    error: str,
) -> None:
    """Record that Cention refused a card or, if ``unknown``, that it may have it."""
    state = "unknown" if unknown else "refused"
    parameters = {**_key(workspace, card), "state": state, "error": error}
    conn.execute(SQL["record_card_failed"], parameters)


def already_sent(
    conn: Connection, workspace: str, cards: Iterable[ContactCard]
) -> set[ContactCard]:
    """Return those of the cards that Cention has already."""
    by_digest = {fingerprint(card): card for card in cards}
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "sent_sha256": list(by_digest)}
        found = cursor.execute(SQL["cards_sent"], parameters).fetchall()
    return {by_digest[bytes(one)] for one in found}


def _key(workspace: str, card: ContactCard) -> dict[str, Any]:
    return {"workspace": workspace, "sent_sha256": fingerprint(card)}
