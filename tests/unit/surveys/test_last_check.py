"""The last check before an invitation is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.surveys import brief, rules_of
from workers.surveys.rules.eligibility import Reason
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.last_check import Reconsider, Send, WaitUntil, Withdraw, last_check

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday, 13:00 in Stockholm
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
[RULE] = rules_of(brief()).rules
FACTS = ErrandFacts(errand_id=1, answered_at=NOW - HOUR, closed_at=None)


def check(
    facts=FACTS, rule=RULE, *, on_from=NOW - DAY, opted_out=False, send_until=NOW + HOUR, now=NOW
):
    return last_check(
        facts,
        rule,
        on_from=on_from,
        opted_out=opted_out,
        send_until=send_until,
        now=now,
        zone=ZoneInfo("Europe/Stockholm"),
    )


def test_if_nothing_has_changed_it_is_sent_until_the_last_moment():
    assert check() == Send()
    assert check(send_until=NOW) == Send()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (check(opted_out=True), Reason.OPTED_OUT),
        (check(rule=None), Reason.NO_RULE),
        (check(facts=None), Reason.GONE),
        (check(replace(FACTS, gone=True)), Reason.GONE),
        (check(replace(FACTS, deleted=True)), Reason.DELETED),
        (check(replace(FACTS, erased=True)), Reason.ERASED),
        (check(send_until=NOW - HOUR), Reason.TOO_LATE),
    ],
)
def test_what_can_never_be_sent_is_withdrawn_with_its_reason(found, reason):
    assert found == Withdraw(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"reopened": True},
        {"answered_at": None},
        {"answered_at": NOW - HOUR + timedelta(seconds=1)},  # answered again
    ],
)
def test_an_errand_that_is_open_or_was_answered_again_is_to_be_decided_anew(changes):
    assert check(replace(FACTS, **changes)) == Reconsider()


def test_outside_of_the_hours_it_waits_for_the_next_opening_if_that_is_in_time():
    morning = replace(RULE, hours=(8 * 60, 12 * 60))
    opening = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)

    assert check(rule=morning, send_until=opening) == WaitUntil(opening)
    assert check(rule=morning, send_until=opening - HOUR) == Withdraw(Reason.TOO_LATE)


def test_a_rule_that_was_switched_off_and_on_again_invites_for_nothing_before():
    assert check(on_from=NOW - HOUR) == Send()
    assert check(on_from=NOW - HOUR + timedelta(seconds=1)) == Withdraw(Reason.NO_RULE)
