"""What follows from asking a vendor once about a session of our pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workers.clients.surveys.outcomes import SurelyNotSent, VendorRefusesUs
from workers.surveys.rules.conversation import wait_s
from workers.surveys.store.conversations import Settled, WaitingSession


@dataclass(frozen=True, slots=True)
class Turn:
    """What is recorded of the session, and of the vendor."""

    settled: Settled
    pause: str | None = None  # why the vendor refuses us; None: it does not
    vendor_wait_s: float | None = None  # that the vendor asked for


def put_off(session: WaitingSession, said: SurelyNotSent | VendorRefusesUs, **more: Any) -> Turn:
    """Return that the session waits, as the vendor could not be asked."""
    wait = wait_s(session.waited_s)
    if isinstance(said, VendorRefusesUs):
        return Turn(Settled(problem=said.reason, wait_s=wait, **more), pause=said.reason)
    settled = Settled(problem=said.reason, wait_s=max(wait, said.retry_after_s or 0), **more)
    return Turn(settled, vendor_wait_s=said.retry_after_s)
