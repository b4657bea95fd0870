"""Removes one guard of surveys at a time and lets the state machine search for a consequence.

``python -m tests.model.survey_guards [part of a guard's name]`` prints for each guard after how
many examples it was missed, and the shortest story of what happens without it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import structlog
from hypothesis.stateful import run_state_machine_as_test

from tests.model.guards import Break, do_nothing, served_database, sql
from tests.model.survey_world import SurveyConnections, open_survey_connections
from tests.model.test_invitations import Invitations
from tests.model.test_wanted_list import SETTINGS
from workers.clients.surveys.outcomes import Unknown
from workers.database import Connection, advisory_locks
from workers.surveys.jobs import settlement
from workers.surveys.rules import eligibility, last_check
from workers.surveys.store import answers, errand_facts, holds, invitations, invited, opt_outs

EXAMPLES = 200


def change(queries: dict[str, Any], name: str, *changes: tuple[str, str]) -> Break:
    """Replace texts in one query, as it is when the guard is removed: by the model's clock."""
    return lambda: sql(queries, name, *changes)()


@contextmanager
def without_lock_of(prefix: str) -> Iterator[None]:
    hold = advisory_locks.hold

    @contextmanager
    def without_lock(conn: Connection, name: str, **more: Any) -> Iterator[int | None]:
        if name.startswith(prefix):
            yield 0
            return
        with hold(conn, name, **more) as held:
            yield held

    with patch.object(advisory_locks, "hold", without_lock):
        yield


@contextmanager
def what_is_being_sent_is_claimed() -> Iterator[None]:
    with ExitStack() as broken:
        for name in ("any_due", "due_invitations"):
            both = ("state = 'due'", "state IN ('due', 'sending')")
            broken.enter_context(sql(SENT, name, both)())
        yield


def what_is_unknown_is_sent_again() -> Any:
    original = settlement.settlement_of

    def settle(one: Any, outcome: Any, *, now: Any) -> Any:
        if isinstance(outcome, Unknown):
            return settlement.Settlement(
                invitation_id=one.invitation.invitation_id,
                state="due",
                vendor=one.invitation.vendor,
                survey=one.invitation.survey,
            )
        return original(one, outcome, now=now)

    return patch.object(settlement, "settlement_of", settle)


def an_invitation_still_to_be_sent_does_not_count() -> Any:
    def checks(case: Any, context: Any, *, at: Any) -> Any:
        context.history.waiting.clear()
        return original(case, context, at=at)

    original = eligibility.checks
    return patch.object(eligibility, "checks", checks)


SENT, FACTS, PAST, ANSWERS = invitations.SQL, errand_facts.SQL, invited.SQL, answers.SQL
GUARDS: dict[str, Break] = {
    "one process decides at a time": lambda: without_lock_of("surveys/decide/"),
    "an errand with a decision is not decided": change(
        FACTS, "undecided", ("NOT EXISTS (", "true OR NOT EXISTS (")
    ),
    "an invitation still to be sent counts": an_invitation_still_to_be_sent_does_not_count,
    "what is unknown counts as sent": change(
        PAST, "invited_persons", ("'triggered', 'unknown')", "'triggered')")
    ),
    "the intent is recorded before the request": change(
        SENT, "begin_sending", ("SET state = 'sending'", "SET state = 'due'")
    ),
    "only what is due is claimed": what_is_being_sent_is_claimed,
    "what a dead inviter was sending is unknown": change(
        SENT, "mark_unknown", ("SET state = 'unknown'", "SET state = 'due'")
    ),
    "what a dead inviter was sending is found": change(
        SENT, "senders", ("state = 'sending'", "state = 'sending' AND false")
    ),
    "what a living inviter is sending is left alone": lambda: without_lock_of("surveys/sending/"),
    "what is unknown is not sent again": what_is_unknown_is_sent_again,
    "the outcome is recorded": change(SENT, "settle", ("AND i.state = 'sending'", "AND false")),
    "the objection is looked up before sending": lambda: patch.object(
        opt_outs, "among", lambda *_: set()
    ),
    "nothing is sent while surveys are held": lambda: patch.object(holds, "held", do_nothing),
    "a restored database is held": lambda: patch.object(holds, "hold_if_restored", lambda _: False),
    "what is open again is not sent": lambda: patch.object(
        last_check, "Reconsider", last_check.Send
    ),
    "an answer settles": change(
        ANSWERS, "settle_answered", ("AND state IN", "AND false AND state IN")
    ),
    "an answer settles what is being sent": change(
        ANSWERS, "settle_answered", ("('due', 'sending', 'unknown')", "('due', 'unknown')")
    ),
    "an answer settles what is due": change(
        ANSWERS, "settle_answered", ("('due', 'sending', 'unknown')", "('sending', 'unknown')")
    ),
    "missing: not before ten minutes": change(
        SENT, "resolve_missing", ("make_interval(secs => %(after_s)s)", "interval '0'")
    ),
    "missing: not beside another open invitation": change(
        SENT, "resolve_missing", ("other.state IN ('due', 'sending')", "false")
    ),
    "missing: not within the quiet period of another": change(
        SENT, "resolve_missing", ("other.sent_at > o.sent_at", "false")
    ),
}


def search(connections: SurveyConnections, broken: Break) -> tuple[int | None, str]:
    """Return the number of examples until one failed, and its story when shrunk."""
    with broken():
        for number in range(EXAMPLES):
            try:
                run_state_machine_as_test(lambda: Invitations(connections), settings=SETTINGS)
            except Exception as error:
                return number, "\n".join([str(error), *getattr(error, "__notes__", ())])
    return None, ""


def main(part: str = "") -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    with served_database() as url, open_survey_connections(url) as connections:
        for name, broken in GUARDS.items():
            if part not in name:
                continue
            began_s = time.monotonic()
            number, story = search(connections, broken)
            missed = f"not missed in {EXAMPLES} examples"
            result = missed if number is None else f"missed in example {number}"
            print(
                f"\n=== {name}: {result} ({time.monotonic() - began_s:.0f} s)\n{story}", flush=True
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
