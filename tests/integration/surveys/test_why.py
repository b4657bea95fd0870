"""Why an errand is invited or not: every condition of every rule, with its value and limit."""

from __future__ import annotations

import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.support.surveys import brief
from workers.surveys.jobs.why import UnknownErrand, why

ANSWERED = START + HOUR
DUE = ANSWERED + HOUR


def conditions(answer):
    return {one.name: (one.passed, one.value, one.limit) for one in answer.conditions}


def ask_why(surveys, errand, now=DUE):
    return why(surveys.conn, surveys.workspace, errand, now=now)


def test_each_failed_condition_has_its_value_and_its_limit(surveys):
    more = 'quiet_days = 30\nsample_percent = 0.0001\nwhere = { areas = ["Invoices"] }'
    surveys.load(brief("csat", more) + brief("other"), on=("csat", "other"))
    surveys.ask("INSERT INTO cention.area VALUES ('demo', 1, 'Delivery', now())")
    surveys.errand(from_address="anna@example.org")
    surveys.decide(DUE)
    errand = surveys.errand(ANSWERED + DAY, from_address="Anna@example.org", area_id=1)

    csat, other = ask_why(surveys, errand, now=DUE + DAY).rules

    found = conditions(csat)
    assert found["where.areas"] == (False, ("Delivery",), ("invoices",))
    assert found["quiet"] == (False, DUE, 30)
    passed, value, limit = found["sampled_out"]
    assert not passed
    assert value > limit
    assert found["deleted"] == (True, False, None)
    assert conditions(other)["quiet"][0] is False
    assert not csat.fits


def test_the_decision_is_told_as_it_was_made(csat):
    errand = csat.errand(from_address="noreply@example.org")
    csat.decide(DUE)

    found = ask_why(csat, errand)

    assert found.decision is not None
    assert (found.decision.rule, found.decision.reason) == ("csat", "robot_address")


def test_an_invited_errand_is_not_quiet_because_of_its_own_invitation(csat):
    errand = csat.errand()
    csat.decide(DUE)

    found = ask_why(csat, errand)

    assert found.decision is not None
    assert (found.decision.verdict, found.decision.state) == ("invite", "due")
    assert found.rules[0].fits


def test_a_rule_that_is_off_and_an_event_that_has_not_happened_are_told(surveys):
    surveys.load(brief().replace('"answered"', '"closed"'))
    errand = surveys.errand(closed=False)

    found = conditions(ask_why(surveys, errand).rules[0])

    assert found["on"] == (False, None, None)
    assert found["closed"] == (False, None, None)


def test_what_happened_before_the_rule_was_on_is_told(surveys):
    surveys.load(brief(), on=("csat",), on_from=START + DAY)
    errand = surveys.errand()

    assert conditions(ask_why(surveys, errand).rules[0])["answered"] == (
        *(False, ANSWERED),
        START + DAY,
    )


def test_no_contact_is_shown(csat):
    errand = csat.errand(from_address="secret.person@example.org", from_name="Secret Person")
    csat.decide(DUE)

    assert "secret" not in str(ask_why(csat, errand)).lower()


def test_an_unknown_errand_is_said_to_be_unknown(csat):
    with pytest.raises(UnknownErrand):
        ask_why(csat, 404)
