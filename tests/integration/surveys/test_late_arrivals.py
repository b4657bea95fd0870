"""No errand is forgotten, however late its report, its callback or its vendor comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.support.surveys import brief
from workers.surveys.store import survey_rules

SECOND = timedelta(seconds=1)
ANSWERED = START + HOUR
DUE = ANSWERED + HOUR
SWITCHED_ON = START + 48 * SECOND  # in the minute that reports name as START


def file_callback(surveys, errand, received_at):
    surveys.ask(
        "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
        " callback_id) VALUES ('demo', %s, %s, %s, %s, 1)",
        *(errand, errand, errand, received_at),
    )


def test_an_errand_that_is_committed_after_others_were_decided_is_decided(csat):
    early = csat.errand()
    with csat.conn.transaction():
        late = csat.errand()
        csat.decide(DUE + DAY)
    assert csat.decisions() == {early: "invite"}

    csat.decide(DUE + DAY)

    assert csat.outcome(late) == "invite"


@pytest.mark.parametrize(("days", "outcome"), [(6, "invite"), (7, "too_late")])
def test_an_errand_that_is_committed_days_late_is_decided(csat, days, outcome):
    csat.errand(ANSWERED + days * DAY)
    csat.decide(DUE + days * DAY)
    late = csat.errand()
    csat.decide(DUE + days * DAY)

    assert csat.outcome(late) == outcome


@pytest.mark.parametrize(
    ("received", "outcome"), [(None, None), (47 * SECOND, None), (54 * SECOND, "invite")]
)
def test_in_the_minute_in_which_a_rule_was_switched_on_a_callback_tells_what_came_after_it(
    surveys, received, outcome
):
    """Reports name minutes: without a callback the answer counts as from before."""
    surveys.load(brief(), on=("csat",), on_from=SWITCHED_ON)
    errand = surveys.errand(START, fetched_at=START + 55 * SECOND)
    if received is not None:
        file_callback(surveys, errand, START + received)

    previewed = surveys.preview("csat", days=1, now=SWITCHED_ON + DAY)
    surveys.decide(SWITCHED_ON + DAY)

    assert surveys.outcome(errand) == outcome
    assert [one.outcome for one in previewed.errands] == ([outcome] if outcome else [])


def test_an_errand_whose_callback_is_filed_after_others_were_decided_is_decided(surveys):
    surveys.load(brief(), on=("csat",), on_from=SWITCHED_ON)
    errand = surveys.errand(START, fetched_at=START + 55 * SECOND)
    surveys.errand(ANSWERED)
    surveys.decide(DUE + DAY)
    assert surveys.outcome(errand) is None

    file_callback(surveys, errand, START + 54 * SECOND)
    surveys.decide(DUE + DAY)

    assert surveys.outcome(errand) == "invite"


def test_whoever_only_a_paused_vendor_reaches_waits_until_it_may_be_tried(surveys):
    """No invitation needs to be due that ends the pause."""
    surveys.load(brief().replace('contact = "email"', 'contact = "either"'), on=("csat",))
    surveys.ask(
        "INSERT INTO feedback.vendor VALUES ('demo', 'digidesk', %s, 'refused the key')",
        DUE + HOUR,
    )
    by_text = surveys.errand(from_address="+46701234567")
    by_mail = surveys.errand()

    surveys.decide(DUE + HOUR - SECOND)
    assert surveys.decisions() == {by_mail: "invite"}

    surveys.decide(DUE + HOUR)
    assert surveys.outcome(by_text) == "invite"


def test_an_errand_whose_rule_is_switched_off_before_its_time_is_decided_by_no_rule(surveys):
    """Neither by the rule that takes its place: that invites nobody for what happened before."""
    surveys.load(brief("first") + brief("second"), on=("first",))
    surveys.errand()

    survey_rules.switch_off(surveys.conn, "demo", "first")
    survey_rules.switch_on(surveys.conn, "demo", "second")
    surveys.ask("UPDATE feedback.rule SET on_from = %s WHERE name = 'second'", ANSWERED + SECOND)
    after = surveys.errand(ANSWERED + 2 * SECOND)
    surveys.decide(DUE + DAY)

    assert surveys.decisions() == {after: "invite"}


def test_an_errand_whose_rule_is_no_longer_in_the_file_is_decided_by_no_rule(surveys):
    surveys.load(brief("first"), on=("first",))
    surveys.errand()

    surveys.load(brief("second"), on=("second",), on_from=ANSWERED + SECOND)
    after = surveys.errand(ANSWERED + 2 * SECOND)
    surveys.decide(DUE + DAY)

    assert surveys.decisions() == {after: "invite"}
