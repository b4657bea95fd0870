"""Asks vendors what surveys on our pages wait for: CentraCX the next question, Alvaria the chat.

A customer waits at the page. What a run is about to ask is committed before, under an advisory lock
as long as it lives: what a dead run was handing over is of unknown outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID, uuid4

import structlog
from psycopg import Connection
from psycopg.errors import UniqueViolation

from schemas.surveys.rules import RulesFile
from workers.clients.errors import ApiError
from workers.clients.surveys.alvaria import AlvariaApi
from workers.clients.surveys.centracx import CentracxApi
from workers.clients.surveys.outcomes import VendorRefusesUs, outcome_of_reading
from workers.database import Transaction, advisory_locks
from workers.surveys.jobs.alvaria_turn import AlvariaTurns
from workers.surveys.jobs.centracx_turn import CentracxTurns
from workers.surveys.jobs.judgement import rules_of_version
from workers.surveys.jobs.turn import Turn
from workers.surveys.rules.conversation import ANSWER_WITHIN_S, OUTCOME_WITHIN_S
from workers.surveys.store import conversations, decisions, holds, vendors
from workers.surveys.store.conversations import Settled, WaitingSession

log = structlog.get_logger(__name__)

CENTRACX, ALVARIA = "centracx", "alvaria"
AT_ONCE = 16  # sessions of one run
KEPT_FREE = 4  # for the other vendor: one that hangs does not hold up its customers
RUNS = 2  # of one workspace, over all machines
SEND_WITHIN_S = 15.0  # of the claim; nothing leaves later
CLAIM_FOR_S = 30.0  # then another run goes on
LOOK_EVERY_S = 0.1  # for customers who have come while others are served
PAUSE = timedelta(seconds=30)  # of a vendor that refuses us, until it is tried again


class Turns(Protocol):
    """Asks one vendor about sessions."""

    def take(self, session: WaitingSession, send_until_s: float) -> Turn:
        """Ask once about one session, and return what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationVendor:
    """A vendor that conducts surveys on our pages."""

    turns: Callable[[Callable[[int], RulesFile]], Turns]
    probe: Callable[[], object]  # asks for nothing; raises ``ApiError``
    per_minute: int


ConversationVendors = Mapping[str, ConversationVendor]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConverseResult:
    """How many turns were taken, and whether more may wait."""

    turns: int
    more: bool


def centracx_vendor(api: CentracxApi, *, per_minute: int) -> ConversationVendor:
    """Return CentraCX as it conducts surveys."""
    return ConversationVendor(
        turns=lambda _: CentracxTurns(api), probe=api.list_surveys, per_minute=per_minute
    )


def alvaria_vendor(api: AlvariaApi, *, per_minute: int) -> ConversationVendor:
    """Return Alvaria as it takes surveys after chats."""
    return ConversationVendor(
        turns=lambda rules_of: AlvariaTurns(api, rules_of),
        probe=api.probe,
        per_minute=per_minute,
    )


def converse(
    workspace: str,
    accounts: ConversationVendors,
    *,
    session: Transaction,
    threads: Executor,
) -> ConverseResult | None:
    """Ask vendors what the pages of a workspace wait for; ``None`` if enough others do.

    ``session`` lends a connection in autocommit mode; ``threads`` has ``AT_ONCE`` threads.
    """
    with session() as conn:
        release_abandoned(conn)
        usable = {} if holds.held(conn, workspace) == holds.RESTORED else accounts
        _give_up(conn, workspace, usable)
        if not usable:
            return ConverseResult(turns=0, more=False)
        with advisory_locks.hold(conn, f"surveys/converse/{workspace}", slots=RUNS) as slot:
            if slot is None:
                return None
            run = uuid4()
            with advisory_locks.hold(conn, _lock(run), slots=1):
                one = _Run(
                    conn=conn, workspace=workspace, accounts=accounts, run=run, threads=threads
                )
                turns = one.until_done()
                _try_again(one)
        # Who came after the last look was turned away while this run held its slot.
        more = any(conversations.any_waiting(conn, workspace, vendor) for vendor in accounts)
        return ConverseResult(turns=turns, more=more)


def _try_again(run: _Run) -> None:
    """Try vendors that refuse us although nobody waits for them: while they do, nobody is invited.

    A customer who waits is the trial otherwise.
    """
    now = decisions.now(run.conn)
    for vendor in sorted(vendors.to_be_tried(run.conn, run.workspace, now=now) & set(run.accounts)):
        place = (run.conn, run.workspace, vendor)
        vendors.postpone_probe(*place, until=now + PAUSE)
        try:
            run.accounts[vendor].probe()
        except ApiError as error:
            said = outcome_of_reading(error)
            if isinstance(said, VendorRefusesUs):
                vendors.pause(*place, until=now + PAUSE, reason=said.reason)
        else:
            vendors.end_pause(*place)


def release_abandoned(conn: Connection[Any]) -> None:
    """Release the sessions of dead runs."""
    for run in conversations.runs(conn):
        with advisory_locks.hold(conn, _lock(run), slots=1) as slot:
            if slot is not None:
                conversations.release_abandoned(conn, run)


def _give_up(conn: Connection[Any], workspace: str, accounts: ConversationVendors) -> None:
    """Thank customers who have waited too long, and let chats go that have ended."""
    give_up = partial(conversations.give_up, conn, workspace)
    stuck = give_up(CENTRACX, within_s=ANSWER_WITHIN_S, has_account=CENTRACX in accounts)
    gone = give_up(ALVARIA, within_s=OUTCOME_WITHIN_S, has_account=ALVARIA in accounts)
    if stuck or gone:
        log.warning("surveys given up", workspace=workspace, stuck=stuck, gone=gone)


def _lock(run: UUID) -> str:
    return f"surveys/conversing/{run}"


@dataclass(frozen=True, slots=True)
class _UnderWay:
    vendor: str
    session: WaitingSession
    is_probe: bool


@dataclass(slots=True, kw_only=True)
class _Run:
    conn: Connection[Any]
    workspace: str
    accounts: ConversationVendors
    run: UUID
    threads: Executor
    under_way: dict[Future[Turn], _UnderWay] = field(default_factory=dict)
    files: dict[int, RulesFile] = field(default_factory=dict)  # by version
    turns: int = 0

    def until_done(self) -> int:
        """Claim, ask and settle until nothing waits, or for long enough; return the turns."""
        claim_until_s = time.monotonic() + CLAIM_FOR_S
        try:
            while True:
                in_time = time.monotonic() < claim_until_s
                if in_time:
                    self._claim()
                if not self.under_way:
                    return self.turns
                look_s = LOOK_EVERY_S if in_time else None
                self._settle(wait(self.under_way, look_s, return_when=FIRST_COMPLETED).done)
        finally:
            if self.under_way:  # a claim failed: what was asked still counts
                self._settle(wait(self.under_way).done)

    def _claim(self) -> None:
        for vendor in sorted(self.accounts):
            busy = sum(one.vendor == vendor for one in self.under_way.values())
            limit = min(AT_ONCE - KEPT_FREE - busy, AT_ONCE - len(self.under_way))
            if limit > 0 and conversations.any_waiting(self.conn, self.workspace, vendor):
                self._claim_of(vendor, limit)

    def _claim_of(self, vendor: str, limit: int) -> None:
        send_until_s = time.monotonic() + SEND_WITHIN_S
        account = self.accounts[vendor]
        with self.conn.transaction():
            now = decisions.now(self.conn)
            pace = vendors.lock(self.conn, self.workspace, vendor, now=now)
            allowed = min(limit, pace.allowed(account.per_minute, now=now))
            if allowed <= 0:
                return
            claimed = conversations.claim(
                self.conn, self.workspace, vendor, run=self.run, limit=allowed
            )
            vendors.count_asked(self.conn, self.workspace, vendor, len(claimed), now=now)
            vendors.postpone_probe(self.conn, self.workspace, vendor, until=now + PAUSE)
            for one in claimed:
                self._load_rules(one.rules_version)
        turns = account.turns(self.files.__getitem__)
        for one in claimed:
            future = self.threads.submit(turns.take, one, send_until_s)
            self.under_way[future] = _UnderWay(vendor, one, pace.paused_until is not None)

    def _load_rules(self, version: int | None) -> None:
        if version is not None and version not in self.files:
            self.files[version] = rules_of_version(self.conn, self.workspace, version)

    def _settle(self, done: set[Future[Turn]]) -> None:
        for future in done:
            one = self.under_way.pop(future)
            turn = _turn_of(future, one.session)
            self.turns += 1
            self._settle_vendor(one, turn)
            with _without_another(self, one):
                conversations.settle(
                    self.conn, self.workspace, one.session.session_id, turn.settled, run=self.run
                )

    def _settle_vendor(self, one: _UnderWay, turn: Turn) -> None:
        now = decisions.now(self.conn)
        place = (self.conn, self.workspace, one.vendor)
        if turn.pause is not None:
            vendors.pause(*place, until=now + PAUSE, reason=turn.pause)
        elif turn.vendor_wait_s is not None:
            vendors.wait(*place, until=now + timedelta(seconds=turn.vendor_wait_s))
        elif one.is_probe and turn.settled.problem is None:
            vendors.end_pause(*place)


@contextmanager
def _without_another(run: _Run, one: _UnderWay) -> Iterator[None]:
    """End a session whose vendor gave it the id of another one."""
    try:
        yield
    except UniqueViolation:
        settled = Settled(state="stuck", problem="the vendor gave the id of another session")
        conversations.settle(run.conn, run.workspace, one.session.session_id, settled, run=run.run)


def _turn_of(future: Future[Turn], session: WaitingSession) -> Turn:
    error = future.exception()
    if error is None:
        return future.result()
    # A fault of ours, at any point of the turn.
    problem = f"the request failed here: {type(error).__name__}"
    log.warning("turn failed", session=session.session_id, error=type(error).__name__)
    last = [session.answers[-1]["position"]] if session.answers else []
    return Turn(
        Settled(
            state="stuck" if session.vendor == CENTRACX else None,
            forwarded="unknown" if session.vendor == CENTRACX and last else None,
            positions=last,
            context={} if session.vendor == ALVARIA and not session.verified else None,
            outcome_state="unknown" if session.vendor == ALVARIA and session.has_context else None,
            problem=problem,
        )
    )
