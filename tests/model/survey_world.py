"""Errands, rules, operators and vendors of one workspace, and what must be true of its surveys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import orjson
from psycopg.rows import dict_row

from schemas.surveys.results import read_push
from schemas.surveys.rule import Vendor
from tests.model.cention import Named
from tests.model.survey_vendor import TAKES, Inviter, Message, Reply, Request
from tests.model.world import connection
from tests.support.surveys import brief, rules_of
from workers.clients.surveys.outcomes import Outcome, SurelyNotSent, Unknown
from workers.database import Connection
from workers.surveys.jobs import load_rules, opt_out
from workers.surveys.jobs.decide import DecideResult, decide
from workers.surveys.jobs.invite import MISSING_AFTER_S, SEND_WITHIN_S, mark_abandoned_unknown
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.vendor_requests import Accounts, VendorAccount
from workers.surveys.store import answers, decisions, holds, invitations, opt_outs, person_keys
from workers.surveys.store import survey_rules as rules_store

ERRANDS = 4
PERSONS = (("ann@example.org", "Ann@EXAMPLE.org"), ("bo@example.org",))
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUIET = 1 * DAY
RULES = brief(more="quiet_days = 1").replace("7d", "3d")
COLUMNS = {"Invitation": "reference", "Score": "nps"}
SCORE = 9
MAX_SETTLING_ROUNDS = 12
NOW = "current_setting('model.now')::timestamptz"
TABLES = (
    "answer",
    "session",
    "decision",
    "invitation",
)  # in this order, since rows refer to others
BY_THE_CLOCK = {
    **dict.fromkeys(("resolve_missing", "resolve_done", "withdraw"), invitations.SQL),
    **dict.fromkeys(("add_opt_outs", "withdraw_invitations", "remove_opt_out"), opt_outs.SQL),
    **dict.fromkeys(("switch_on", "switch_off"), rules_store.SQL),
    "settle_answered": answers.SQL,
}


class SurveyConnections:
    """Connections that many worlds use one after the other."""

    def __init__(self, database: str) -> None:
        self.others = connection(database)
        self.deciders = [connection(database) for _ in range(2)]
        for conn in self.deciders:
            conn.execute("SET lock_timeout = 2000")  # the model has one thread
        self.inviters = {name: connection(database) for name in "AB"}
        self.numbers = count(1)

    def all(self) -> list[Connection]:
        return [self.others, *self.deciders, *self.inviters.values()]

    def close(self) -> None:
        for conn in self.all():
            conn.close()


@contextmanager
def open_survey_connections(database: str) -> Iterator[SurveyConnections]:
    """Open the connections; what operators do happens at the time of the model."""
    found = SurveyConnections(database)
    with _by_the_clock_of_the_model():
        yield found
    found.close()


@contextmanager
def _by_the_clock_of_the_model() -> Iterator[None]:
    before = {name: queries[name] for name, queries in BY_THE_CLOCK.items()}
    for name, queries in BY_THE_CLOCK.items():
        queries[name] = queries[name].replace("now()", NOW)  # type: ignore[index]
    try:
        yield
    finally:
        for name, queries in BY_THE_CLOCK.items():
            queries[name] = before[name]  # type: ignore[index]


class Killed(Exception):
    """A process ends where it stands."""


@dataclass(eq=False, kw_only=True)
class Errand(Named):
    """An errand of a person, as the bridge has it."""

    errand_id: int
    person: int
    answered_at: datetime | None = None
    is_open: bool = False  # again

    def __repr__(self) -> str:
        return f"errand {self.errand_id}"


@dataclass(kw_only=True)
class Given:
    """What operators and persons have said, and when."""

    rule_on_from: datetime | None = None
    held: bool = False
    is_restored: bool = False  # and not resumed
    was_restored: bool = False
    opted_out: dict[str, datetime] = field(default_factory=dict)  # by person
    answered: set[str] = field(default_factory=set)  # references
    lost: list[Request] = field(default_factory=list)  # of dead inviters, that may take effect


class SurveyWorld:
    """One workspace, never used before."""

    def __init__(self, connections: SurveyConnections) -> None:
        self.connections = connections
        self.conn = connections.others
        self.now = START
        self.name = f"surveys-{next(connections.numbers)}"
        self.workspace = SurveyWorkspace(name=self.name, zone=ZoneInfo("UTC"), country="SE")
        account = VendorAccount(ask=_never, per_minute=1000)
        self.accounts: Accounts = {Vendor.DIGIDESK: account, Vendor.CUSTOMER_RADAR: account}
        self.inviters = [Inviter(name=n, conn=c) for n, c in connections.inviters.items()]
        self.errands = [
            Errand(errand_id=number, person=number % len(PERSONS)) for number in range(ERRANDS)
        ]
        self.messages: list[Message] = []
        self.given = Given()
        self.backup: dict[str, list[dict[str, Any]]] | None = None
        self._actions = count(1)
        self.ask(
            "INSERT INTO cention.workspace (workspace, timezone) VALUES (%s, 'UTC')", self.name
        )
        person_keys.create_missing(self.conn, [self.name])
        load_rules.load(self.conn, self.name, rules_of(RULES), dry_run=False)
        self.let_pass(timedelta())
        self.switch(on=True)

    # ---- what happens ---------------------------------------------------------------------------

    def let_pass(self, time: timedelta) -> None:
        """Let time pass; a request that has not left within its time does not leave any more."""
        self.now += time
        for conn in self.connections.all():
            conn.execute("SELECT set_config('model.now', %s, false)", [self.now.isoformat()])
        for inviter in self.inviters:
            for request in list(inviter.requests):
                if self.is_late(request):
                    self.end_request(inviter, request, outcome=_late(request))
        self.given.lost = [one for one in self.given.lost if not self.is_late(one)]

    def is_late(self, request: Request) -> bool:
        return self.now - request.claimed_at > timedelta(seconds=SEND_WITHIN_S)

    def switch(self, *, on: bool) -> None:
        switch = rules_store.switch_on if on else rules_store.switch_off
        if switch(self.conn, self.name, "csat"):
            self.given.rule_on_from = self.now if on else None

    def answer_errand(self, errand: Errand) -> None:
        """An agent answers and closes an errand, for the first time or again."""
        self.let_pass(MINUTE)
        errand.answered_at, errand.is_open = self.now, False
        names = PERSONS[errand.person]
        self.ask(
            "INSERT INTO cention.errand (workspace, errand_id, answered, closed, answered_at,"
            " fetched_at, from_address) VALUES (%s, %s, true, true, %s, %s, %s)"
            " ON CONFLICT (workspace, errand_id) DO UPDATE SET closed = true,"
            " answered_at = EXCLUDED.answered_at, fetched_at = EXCLUDED.fetched_at",
            *(self.name, errand.errand_id, self.now, self.now),
            names[errand.errand_id % len(names)],
        )

    def reopen(self, errand: Errand) -> None:
        """The customer writes again."""
        self.let_pass(2 * MINUTE)
        errand.is_open = True
        self.ask(
            "UPDATE cention.errand SET closed = false, fetched_at = %s"
            " WHERE (workspace, errand_id) = (%s, %s)",
            *(self.now, self.name, errand.errand_id),
        )
        self.ask(
            "INSERT INTO cention.errand_action VALUES (%s, %s, %s, '', '', %s, %s)",
            *(self.name, next(self._actions), errand.errand_id, self.now, self.now),
        )

    def close(self, errand: Errand) -> None:
        errand.is_open = False
        self.ask(
            "UPDATE cention.errand SET closed = true, fetched_at = %s"
            " WHERE (workspace, errand_id) = (%s, %s)",
            *(self.now, self.name, errand.errand_id),
        )

    def decide(self, *, dies: bool = False, beside: bool = False) -> DecideResult | None:
        """Decide; the process may die before it commits, or another may decide meanwhile."""
        first, second = self.connections.deciders
        save = decisions.save

        def interrupted(*args: Any, **kwargs: Any) -> Any:
            if beside:
                with patch.object(decisions, "save", save):
                    self._decide(second)
            numbers = save(*args, **kwargs)
            if dies:
                raise Killed
            return numbers

        with patch.object(decisions, "save", interrupted):
            try:
                return self._decide(first)
            except Killed:
                return None

    def _decide(self, conn: Connection) -> DecideResult | None:
        @contextmanager
        def session() -> Iterator[Connection]:
            yield conn

        return decide(self.workspace, session=session, now=self.now)

    def start(self, inviter: Inviter) -> str:
        """Let an inviter claim what is due."""
        words = inviter.start(self.workspace, self.accounts, now=self.now)
        self._check_claimed(inviter.requests)
        return words

    def claim_more(self, inviter: Inviter) -> None:
        before = list(inviter.requests)
        inviter.claim(self.now)
        self._check_claimed([one for one in inviter.requests if one not in before])

    def _check_claimed(self, requests: list[Request]) -> None:
        for request in requests:
            assert not self.given.held, "sent while held"
            assert self.given.rule_on_from, "sent though the rule is off"
            errand = self.errands[request.claimed.invitation.errand_id]
            assert not errand.is_open, f"{errand} is open again, and its writer is asked"
            assert errand.answered_at
            assert errand.answered_at + HOUR <= self.now, "sent too early"

    def reply(self, inviter: Inviter, request: Request, reply: Reply) -> None:
        """The vendor answers a request, and the inviter records it."""
        if reply.writes and not request.is_written:
            self.write_to_person(request)
        self.end_request(inviter, request, outcome=reply.outcome())

    def end_request(self, inviter: Inviter, request: Request, *, outcome: Outcome) -> None:
        request.future.set_result(outcome)
        inviter.settle(request, now=self.now)

    def write_to_person(self, request: Request) -> None:
        request.is_written = True
        one = request.claimed.invitation
        self.messages.append(
            Message(
                reference=one.reference,
                errand_id=one.errand_id,
                person=one.contact or "",
                vendor=one.vendor,
                claimed_at=request.claimed_at,
            )
        )

    def kill(self, inviter: Inviter) -> None:
        """Kill an inviter; its requests may still take effect for a while."""
        self.given.lost += [one for one in inviter.kill() if not one.is_written]

    def answer_survey(self, message: Message) -> None:
        """A person answers, and the vendor pushes it."""
        self.given.answered.add(message.reference)
        rows = {"rows": [{"Invitation": message.reference, "Score": SCORE}]}
        read = read_push(rows, COLUMNS, zone=UTC)
        with self.conn.transaction():
            answers.save_results(self.conn, self.name, message.vendor, read, origin="push")

    # ---- operators ------------------------------------------------------------------------------

    def hold(self, *, held: bool) -> None:
        if held:
            holds.hold(self.conn, self.name, reason="an operator")
        else:
            self.let_pass(MINUTE)  # no request of before is under way
            holds.resume(self.conn, self.name)
            if self.given.is_restored:  # what was sent since the backup is forgotten
                self.given.is_restored = False
                self.messages = [one for one in self.messages if self._is_known(one)]
        self.given.held = held

    def _is_known(self, message: Message) -> bool:
        rows = self.ask(
            "SELECT FROM feedback.invitation WHERE reference = %s AND state IN"
            " ('triggered', 'unknown')",
            message.reference,
        )
        return bool(rows)

    def opt_out(self, person: int) -> None:
        address = PERSONS[person][0]
        contact = opt_out.contact_from(address, self.workspace)
        opt_out.add(self.conn, self.workspace, [contact], source="operator")
        self.given.opted_out.setdefault(address, self.now)
        self.let_pass(timedelta(seconds=1))

    def withdraw(self, invitation_id: int) -> None:
        invitations.withdraw(
            self.conn,
            self.name,
            invitation_id,
            reason="withdrawn_by_operator",
            settled_by="operator",
        )

    def resolve(self, invitation: dict[str, Any]) -> None:
        """An operator looks for the message at the vendor, and says what is there."""
        mark_abandoned_unknown(self.conn)
        sent = any(one.reference == invitation["reference"] for one in self.messages)
        number = invitation["invitation_id"]
        if sent:
            invitations.resolve_done(self.conn, self.name, number)
        else:
            invitations.resolve_missing(self.conn, self.name, number, after_s=MISSING_AFTER_S)

    def back_up(self) -> None:
        self.backup = {
            table: self.ask(
                f"SELECT to_jsonb(t) AS document FROM feedback.{table} AS t WHERE workspace = %s",
                self.name,
            )
            for table in TABLES
        }

    def restore(self) -> None:
        """Replace the surveys by those of the backup, on another timeline."""
        assert self.backup is not None
        for inviter in self.inviters:
            self.kill(inviter)
        for table in TABLES:
            self.ask(f"DELETE FROM feedback.{table} WHERE workspace = %s", self.name)
        for table in reversed(TABLES):
            for row in self.backup[table]:
                self.ask(
                    f"INSERT INTO feedback.{table}"
                    f" SELECT * FROM jsonb_populate_record(NULL::feedback.{table}, %s)",
                    _json(row["document"]),
                )
        self.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")
        self.given.held = self.given.is_restored = self.given.was_restored = True
        rows = self.ask("SELECT remote_id FROM feedback.session WHERE workspace = %s", self.name)
        self.given.answered &= {row["remote_id"] for row in rows}

    # ---- what must be true ----------------------------------------------------------------------

    def invitations(self) -> list[dict[str, Any]]:
        return self.ask("SELECT * FROM feedback.invitation WHERE workspace = %s", self.name)

    def check(self) -> None:
        """Fail unless all invariants hold."""
        states = {one["reference"]: one["state"] for one in self.invitations()}
        taken_back = ("withdrawn", "refused") if self.given.was_restored else ()
        for reference in self.given.answered & states.keys():
            state = states[reference]
            assert state in ("triggered", *taken_back), f"{reference} is answered, and {state}"
        if self.given.is_restored:
            return
        self._check_messages()
        for message in self.messages:
            state = states.get(message.reference)
            assert state in ("sending", "triggered", "unknown"), f"{message} is sent, and {state}"

    def _check_messages(self) -> None:
        for errand in self.errands:
            sent = [one for one in self.messages if one.errand_id == errand.errand_id]
            assert len(sent) <= 1, f"{errand} has {len(sent)} messages"
        for address, *_ in PERSONS:
            times = sorted(one.claimed_at for one in self.messages if one.person == address)
            for before, after in pairwise(times):
                assert after - before >= QUIET, f"two messages to a person in {after - before}"
            opted_out = self.given.opted_out.get(address)
            assert opted_out is None or not times or times[-1] <= opted_out, "opted out, and asked"

    def settle_down(self) -> None:
        """Let everything end: then each errand has one decision, and nothing is left over."""
        for inviter in self.inviters:
            for request in list(inviter.requests):
                self.reply(inviter, request, TAKES)
        self.hold(held=False)
        for errand in self.errands:
            self.close(errand)
        self.check()
        for _ in range(MAX_SETTLING_ROUNDS):
            self.let_pass(8 * HOUR)
            self.decide()
            self._send_all()
            self.check()
        self._check_rest()

    def _send_all(self) -> None:
        inviter = self.inviters[0]
        self.start(inviter)
        while inviter.requests:
            self.reply(inviter, inviter.requests[0], TAKES)

    def _check_rest(self) -> None:
        decided = {
            row["errand_id"]: row
            for row in self.ask("SELECT * FROM feedback.decision WHERE workspace = %s", self.name)
        }
        since = self.given.rule_on_from
        for errand in self.errands:
            if since is not None and errand.answered_at is not None:
                in_scope = errand.answered_at >= since
                assert not in_scope or errand.errand_id in decided, f"{errand} is not decided"
        found = {one["invitation_id"]: one for one in self.invitations()}
        for row in decided.values():
            state = found[row["invitation_id"]]["state"] if row["invitation_id"] else None
            ends = ("triggered", "refused", "unknown") if row["verdict"] == "invite" else ()
            assert state in (*ends, *((None, "withdrawn") if not ends else ())), (row, state)
        assert len(found) == sum(row["invitation_id"] is not None for row in decided.values())
        kept = self.ask(
            "SELECT count(*) AS n, count(DISTINCT session_id) AS sessions FROM feedback.answer"
            " WHERE workspace = %s AND number = %s",
            *(self.name, SCORE),
        )
        known = self.given.answered & {one["reference"] for one in found.values()}
        if not self.given.was_restored:
            assert kept == [{"n": len(known), "sessions": len(known)}]

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        cursor = self.conn.cursor(row_factory=dict_row)
        cursor.execute(query, values)  # type: ignore[call-overload]
        return [] if cursor.description is None else cursor.fetchall()


def _never(*_: Any) -> Any:
    raise AssertionError("requests are answered by the model")


def _late(request: Request) -> Outcome:
    return Unknown(reason="late") if request.is_written else SurelyNotSent(reason="too late")


def _json(document: Any) -> str:
    return orjson.dumps(document).decode()
