"""The judge, condition by condition, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from tests.support.surveys import brief, rules_of
from workers.surveys.rules.eligibility import (
    ActiveRule,
    JudgeContext,
    Reason,
    case_of,
    judge,
)
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.where import fits, where_checks

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTS = ErrandFacts(
    errand_id=1,
    answered_at=START + HOUR,
    closed_at=START + 2 * HOUR,
    contact="anna@example.org",
    channel="Email",
    area="Invoices",
    organisation="Nordkust",
    agent="Åsa Öberg",
    status_code="ACTION_ANSWER, ACTION_SAVE",
    tags=("Refund", "VIP"),
)


def context(text: str) -> JudgeContext:
    rules = [ActiveRule(rule=one, version=1, on_from=START) for one in rules_of(text).rules]
    return JudgeContext(
        workspace="demo", zone=ZoneInfo("UTC"), country="SE", key=b"k" * 32, rules=rules
    )


def reason_of(facts: ErrandFacts, text: str = "", *, now: datetime = START + 2 * HOUR):
    by = context(text or brief())
    case = case_of(facts, by)
    assert case is not None
    verdict = judge(case, by, now=now)
    return verdict and verdict.reason


@pytest.mark.parametrize(
    ("condition", "value", "fitting"),
    [
        ("channels", ["EMAIL"], True),
        ("channels", ["Chat"], False),
        ("organisations", ["nordkust", "x"], True),
        ("areas", ["invoices"], True),
        ("areas", ["Invoice"], False),
        ("agents", ["åsa öberg"], True),
        ("tags_any", ["vip", "gold"], True),
        ("tags_any", ["gold"], False),
        ("tags_none", ["gold"], True),
        ("tags_none", ["refund"], False),
        ("status_any", ["ACTION_SAVE"], True),
        ("status_none", ["action_answer"], False),
        ("addresses_none", ["Anna@Example.org"], False),
        ("addresses_none", ["bo@example.org"], True),
    ],
)
def test_a_rule_is_for_the_errands_that_its_conditions_name(condition, value, fitting):
    text = brief(more=f"where = {{ {condition} = {value!r} }}".replace("'", '"'))
    where = rules_of(text).rules[0].where

    [check] = where_checks(FACTS, where)

    assert fits(FACTS, where) is fitting
    assert check.condition == condition
    assert "@example.org" not in repr(check)


def test_an_errand_that_lacks_what_a_condition_names_does_not_fit():
    nothing = ErrandFacts(errand_id=1, answered_at=START, closed_at=None)

    assert not fits(nothing, rules_of(brief(more='where = { areas = ["A"] }')).rules[0].where)
    assert fits(nothing, rules_of(brief(more='where = { tags_none = ["A"] }')).rules[0].where)


def test_an_errand_is_out_of_scope_before_a_rule_was_on_or_its_event_happened():
    by = context(brief())

    assert case_of(replace(FACTS, answered_at=START - HOUR), by) is None
    assert case_of(replace(FACTS, answered_at=None), by) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"deleted": True, "gone": True}, Reason.DELETED),
        ({"gone": True, "erased": True}, Reason.GONE),
        ({"erased": True, "made_by_us": True}, Reason.ERASED),
        ({"made_by_us": True, "contact": None}, Reason.MADE_BY_US),
        ({"contact": None}, Reason.NO_ADDRESS),
        ({"contact": "?"}, Reason.BAD_ADDRESS),
        ({"contact": "+46701740605"}, Reason.NO_ADDRESS),
        ({"contact": "no-reply@example.org"}, Reason.ROBOT_ADDRESS),
        ({"cention_asked": True}, Reason.CENTION_ASKED),
    ],
)
def test_the_first_condition_that_fails_is_the_reason(changes, reason):
    assert reason_of(replace(FACTS, **changes)) is reason


def test_what_may_pass_is_final_only_when_the_time_is_over():
    reopened = replace(FACTS, reopened=True)

    by = context(brief())
    case = case_of(reopened, by)
    assert case is not None
    assert judge(case, by, now=START + 3 * DAY) is None
    assert reason_of(reopened, now=START + HOUR + 7 * DAY) is Reason.STILL_OPEN


def test_either_way_of_contact_takes_the_vendor_that_reaches_it():
    by = context(
        brief()
        .replace('contact = "email"', 'contact = "either"')
        .replace('["digidesk", "customer_radar"]', '["customer_radar", "digidesk"]')
    )

    found = []
    for contact in ("anna@example.org", "070-1740605"):
        case = case_of(replace(FACTS, contact=contact), by)
        assert case is not None
        verdict = judge(case, by, now=START + 2 * HOUR)
        assert verdict is not None
        assert verdict.invitee is not None
        found.append((verdict.invitee.vendor, verdict.invitee.contact.channel))

    assert found == [("customer_radar", "email"), ("digidesk", "mobile")]


def test_a_mobile_that_no_vendor_of_the_rule_reaches_is_no_address():
    text = (
        brief()
        .replace('contact = "email"', 'contact = "either"')
        .replace('["digidesk", "customer_radar"]', '"customer_radar"')
        .replace("[rule.survey.digidesk]\ncampaign", "#")
    )

    assert reason_of(replace(FACTS, contact="070-1740605"), text) is Reason.NO_ADDRESS


def test_sending_hours_that_begin_after_the_last_moment_make_it_too_late():
    text = brief(more='days = ["fri"]').replace('"7d"', '"2d"')

    assert reason_of(FACTS, text, now=START + HOUR + 2 * DAY) is Reason.TOO_LATE


def test_an_outage_until_after_the_hours_is_final_only_when_the_time_is_over():
    text = brief(more='hours = ["08:00", "20:00"]').replace('"7d"', '"20h"')
    by, late = context(text), START.replace(hour=22)
    case = case_of(FACTS, by)
    assert case is not None

    assert judge(case, by, now=late) is None  # it may be answered again until then
    verdict = judge(case, by, now=case.deadline)

    assert verdict is not None
    assert verdict.reason is Reason.TOO_LATE


def test_every_reason_is_one_that_the_database_accepts():
    migration = resources.files("workers.database") / "migrations" / "0025_surveys.sql"
    listed = migration.read_text("utf-8").partition("CHECK (reason IN (")[2].partition("))")[0]

    assert {word.strip(" \n'") for word in listed.split(",")} == set(Reason)
