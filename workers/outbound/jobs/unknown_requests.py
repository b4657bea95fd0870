"""Requests of unknown outcome: a person looks at Cention, and records what became of each."""

from __future__ import annotations

from workers.database import Connection
from workers.outbound.store import sent_commands, sent_errands
from workers.outbound.store.sent_errands import UnknownRequest

CREATE = "create"  # the kind of a request that made an errand


class NotUnknown(LookupError):
    """No request with an unknown outcome has this number, or its outcome was just recorded."""


class ErrandTaken(ValueError):
    """The errand belongs to another request, whose number is ``other``."""

    def __init__(self, errand_id: int, other: int) -> None:
        super().__init__(
            f"Errand {errand_id} already belongs to request {other}. "
            "Find the errand of this request."
        )
        self.errand_id, self.other = errand_id, other


class NotCreated(ValueError):
    """An errand was named for a request that created none."""


def listed(conn: Connection, workspace: str | None) -> list[UnknownRequest]:
    """Return the requests of unknown outcome. Changes nothing."""
    return sent_errands.unknown(conn, workspace) + sent_commands.unknown(conn, workspace)


def find(conn: Connection, number: int) -> UnknownRequest:
    """Return the request with this number. Raises ``NotUnknown``. Changes nothing."""
    for one in listed(conn, None):
        if one.sent_id == number:
            return one
    raise NotUnknown(number)


def check_errand(conn: Connection, one: UnknownRequest, errand_id: int) -> None:
    """Check that a request may have created this errand. Raises ``NotCreated``, ``ErrandTaken``."""
    if one.kind != CREATE:
        raise NotCreated(one.kind)
    if other := sent_errands.sent_as(conn, one.workspace, errand_id):
        raise ErrandTaken(errand_id, other)


def record(
    conn: Connection, one: UnknownRequest, *, happened: bool, errand_id: int | None = None
) -> None:
    """Record whether Cention did it, and as which errand.

    Raises ``NotUnknown`` if somebody else has just recorded it.
    """
    if one.kind == CREATE:
        resolved = sent_errands.resolve(
            conn, one.workspace, one.sent_id, happened=happened, errand_id=errand_id
        )
    else:
        resolved = sent_commands.resolve(conn, one.workspace, one.sent_id, happened=happened)
    if not resolved:
        raise NotUnknown(one.sent_id)
