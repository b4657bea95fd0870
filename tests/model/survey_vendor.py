"""A survey vendor, and an inviter whose requests to it are answered when the model says so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.model.cention import Named
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)
from workers.database import Connection, advisory_locks
from workers.surveys.jobs import invite
from workers.surveys.jobs.claim import Claimed, Claimer
from workers.surveys.jobs.invite import InviteResult
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.vendor_requests import Accounts
from workers.surveys.store import invitations


@dataclass(frozen=True)
class Reply(Named):
    """How a vendor reacts: whether it writes to the person, and what the bridge makes of it."""

    words: str
    writes: bool
    outcome: Callable[[], Outcome]

    def __repr__(self) -> str:
        return self.words


TAKES = Reply("takes it", True, lambda: Triggered(remote_id="7"))
REPLIES = (
    TAKES,
    Reply("refuses it", False, lambda: Refused(reason="no")),
    Reply("is busy", False, lambda: SurelyNotSent(reason="busy", retry_after_s=60)),
    Reply("cannot be reached", False, lambda: SurelyNotSent(reason="unreachable")),
    Reply("refuses us", False, lambda: VendorRefusesUs(reason="401")),
    Reply("takes it, and its answer is lost", True, lambda: Unknown(reason="lost")),
    Reply("fails, and writes to nobody", False, lambda: Unknown(reason="500")),
)


@dataclass(frozen=True, kw_only=True)
class Message(Named):
    """What a person got."""

    reference: str
    errand_id: int
    person: str
    vendor: str
    claimed_at: datetime  # when the request for it was decided

    def __repr__(self) -> str:
        return f"the message about errand {self.errand_id}"


@dataclass(eq=False, kw_only=True)
class Request(Named):
    """A request to a vendor that is under way."""

    claimed: Claimed
    claimed_at: datetime
    future: Future[Outcome]
    is_written: bool = False  # the person has the message

    def __repr__(self) -> str:
        return f"the request for invitation {self.claimed.invitation.invitation_id}"


class HeldRequests(Executor):
    """Begins every request, and ends none."""

    def __init__(self) -> None:
        self.begun: list[Future[Outcome]] = []

    def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
        """Return the future of a request."""
        future: Future[Outcome] = Future()
        self.begun.append(future)
        return future


@dataclass(eq=False, kw_only=True)
class Inviter(Named):
    """Calls the functions of ``workers.surveys.jobs.invite.invite`` in the same order."""

    name: str
    conn: Connection
    run: invite._Run | None = None
    requests: list[Request] = field(default_factory=list)
    locks: ExitStack = field(default_factory=ExitStack)

    def __repr__(self) -> str:
        return f"inviter {self.name}"

    def start(self, workspace: SurveyWorkspace, accounts: Accounts, *, now: datetime) -> str:
        """Claim what is due; return what happened, in words."""
        invite.mark_abandoned_unknown(self.conn)
        lock = f"surveys/invite/{workspace.name}"
        slot = self.locks.enter_context(advisory_locks.hold(self.conn, lock, slots=invite.RUNS))
        if slot is None:
            self.locks.close()
            return "finds no free slot"
        vendors = [vendor.value for vendor in accounts]
        invitations.withdraw_overdue(self.conn, workspace.name, vendors, now=now)
        run = uuid4()
        self.locks.enter_context(advisory_locks.hold(self.conn, invite._lock(run), slots=1))
        self.run = invite._Run(
            conn=self.conn,
            claimer=Claimer(workspace=workspace, accounts=accounts, run=run),
            threads=HeldRequests(),
            clock=lambda _: now,
        )
        self.claim(now)
        if not self.requests:
            self.end()
            return "finds nothing to do"
        return f"claims {len(self.requests)}"

    def claim(self, now: datetime) -> None:
        """Claim once more."""
        assert self.run
        self.run._claim()
        known = {one.future for one in self.requests}
        self.requests += [
            Request(claimed=claimed, claimed_at=now, future=future)
            for future, claimed in self.run.sending.items()
            if future not in known
        ]

    def settle(self, request: Request, *, now: datetime) -> None:
        """Record the outcome of a request that has ended."""
        assert self.run
        self.run.clock = lambda _: now
        self.requests.remove(request)
        self.run._settle({request.future})
        if not self.requests:
            self.end()

    def end(self) -> InviteResult | None:
        """Give the locks back."""
        result = self.run._result(more=False) if self.run else None
        self._forget()
        return result

    def kill(self) -> list[Request]:
        """End without recording anything; return the requests that were under way."""
        left = self.requests
        self._forget()
        return left

    def _forget(self) -> None:
        self.locks.close()  # as Postgres does when the session ends
        self.locks, self.run, self.requests = ExitStack(), None, []
