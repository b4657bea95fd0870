"""Invitations of unknown outcome: a person looks at the vendor, and records what became of each."""

from __future__ import annotations

from math import ceil
from typing import Any

from psycopg import Connection

from workers.surveys.jobs.invite import MISSING_AFTER_S
from workers.surveys.store import invitations
from workers.surveys.store.invitations import UnknownInvitation


class NotUnknown(LookupError):
    """No invitation with an unknown outcome has this number, or its outcome was just recorded."""


class TooEarly(ValueError):
    """The vendor was asked so recently that it may still write to the person."""

    def __init__(self, vendor: str, minutes: int) -> None:
        super().__init__(
            f"Too early: {vendor} may still write to the person. "
            f"Wait another {minutes} minute{'' if minutes == 1 else 's'}."
        )
        self.vendor, self.minutes = vendor, minutes


def listed(conn: Connection[Any], workspace: str | None) -> list[UnknownInvitation]:
    """Return the invitations of unknown outcome. Changes nothing."""
    return invitations.unknown(conn, workspace)


def find(conn: Connection[Any], workspace: str, number: int) -> UnknownInvitation:
    """Return the invitation with this number. Raises ``NotUnknown``."""
    for one in invitations.unknown(conn, workspace):
        if one.invitation_id == number:
            return one
    raise NotUnknown(number)


def check_age(one: UnknownInvitation) -> None:
    """Check that the vendor has had the time to write. Raises ``TooEarly``."""
    if (left_s := MISSING_AFTER_S - one.age_s) > 0:
        raise TooEarly(one.vendor, ceil(left_s / 60))


def record_sent(conn: Connection[Any], workspace: str, number: int) -> None:
    """Record that the person was written to.

    Raises ``NotUnknown`` if somebody else has just recorded the outcome.
    """
    if not invitations.resolve_done(conn, workspace, number):
        raise NotUnknown(number)


def record_not_sent(conn: Connection[Any], workspace: str, number: int) -> str:
    """Record that the person was not written to; return the state that follows: due or withdrawn.

    Raises ``NotUnknown`` if somebody else has just recorded the outcome.
    """
    state = invitations.resolve_missing(conn, workspace, number, after_s=MISSING_AFTER_S)
    if state is None:
        raise NotUnknown(number)
    return state
