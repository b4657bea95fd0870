"""Deciding: each errand in scope gets one decision, and an invitation or a reason."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.support.surveys import brief
from workers.surveys.store import decisions

ANSWERED = START + HOUR
DUE = ANSWERED + HOUR
OVER = ANSWERED + 7 * DAY


def test_an_answered_errand_that_fits_is_invited_once(csat):
    errand = csat.errand(from_address="Anna@Example.org", thread_id=7, area_id=3, agent_id=4)

    for _ in range(3):
        csat.decide(DUE)

    [invitation] = csat.invitations()
    assert csat.outcome(errand) == "invite"
    assert invitation["contact"] == "anna@example.org"
    assert (invitation["channel"], invitation["state"]) == ("email", "due")
    assert (invitation["vendor"], invitation["survey"]) == ("digidesk", {"campaign": "Campaign"})
    assert (invitation["thread_id"], invitation["area_id"], invitation["agent_id"]) == (7, 3, 4)
    assert (invitation["event_at"], invitation["due_at"]) == (ANSWERED, DUE)
    assert invitation["expires_at"] == DUE + 30 * DAY


def test_nothing_is_decided_before_it_is_due(csat):
    errand = csat.errand()

    csat.decide(DUE - timedelta(seconds=1))
    assert csat.outcome(errand) is None

    csat.decide(DUE)
    assert csat.outcome(errand) == "invite"


def test_nothing_is_decided_while_no_rule_is_on(surveys):
    surveys.load(brief())
    surveys.errand()

    assert surveys.decide(DUE) is None
    assert surveys.decisions() == {}


def test_every_errand_in_scope_has_one_decision_when_its_time_is_over(surveys):
    surveys.load(brief(more='sample_percent = 50\nwhere = { areas = ["A"] }'), on=("csat",))
    surveys.ask("INSERT INTO cention.area VALUES ('demo', 1, 'a', now()), ('demo', 2, 'B', now())")
    errands = [
        surveys.errand(
            ANSWERED + n * HOUR,
            area_id=1 + n % 2,
            from_address=["a@b.org", "", "x", "noreply@b.org", f"c{n}@b.org"][n % 5],
            deleted=n % 7 == 0,
        )
        for n in range(100)
    ]
    surveys.errand(answered=False, closed=False, answered_at=None)

    for hours in range(0, 24 * 14, 5):
        surveys.decide(START + hours * HOUR)

    assert sorted(surveys.decisions()) == errands
    assert {"invite", "no_rule", "sampled_out", "deleted"} < set(surveys.decisions().values())
    assert len(surveys.invitations()) == list(surveys.decisions().values()).count("invite")


def test_an_errand_that_no_rule_fits_waits_until_the_last_rule_has_looked_at_it(surveys):
    first = brief("first", more='where = { tags_any = ["vip"] }')
    second = brief("second", more='where = { tags_any = ["gold"] }').replace('"1h"', '"5h"')
    surveys.load(first + second, on=("first", "second"))
    errand = surveys.errand()
    surveys.ask("INSERT INTO cention.tag VALUES ('demo', 1, 'Gold', now())")

    surveys.decide(ANSWERED + 4 * HOUR)
    surveys.ask("INSERT INTO cention.errand_tag VALUES ('demo', %s, 1, now())", errand)
    surveys.decide(ANSWERED + 5 * HOUR)

    assert [row["rule"] for row in surveys.invitations()] == ["second"]


def test_the_first_rule_that_fits_decides(surveys):
    surveys.load(
        brief("first", "sample_percent = 0.0001") + brief("second"), on=("first", "second")
    )
    errand = surveys.errand()

    surveys.decide(DUE)

    assert surveys.ask("SELECT errand_id, rule, reason FROM feedback.decision") == [
        {"errand_id": errand, "rule": "first", "reason": "sampled_out"}
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deleted": True}, "deleted"),
        ({"gone_at": ANSWERED}, "gone"),
        ({"from_address": None}, "no_address"),
        ({"from_address": "  "}, "no_address"),
        ({"from_address": "not an address"}, "bad_address"),
        ({"from_address": "070-174 06 05"}, "no_address"),
        ({"from_address": "NoReply@example.org"}, "robot_address"),
        ({"from_address": "mailer-daemon@example.org"}, "robot_address"),
        ({"from_address": "boss@Sub.Nordkust.example"}, "own_domain"),
        ({"feedback_link": "https://example.org/1"}, "cention_asked"),
        ({"feedback_value": 1}, "cention_asked"),
    ],
)
def test_who_is_never_invited_has_a_reason(surveys, changes, reason):
    surveys.load(brief(more='where = { own_domains = ["nordkust.example"] }'), on=("csat",))
    errand = surveys.errand(**changes)

    surveys.decide(DUE)

    assert surveys.outcome(errand) == reason
    assert surveys.invitations() == []


def test_an_errand_that_we_created_is_never_invited(csat):
    errand = csat.errand()
    csat.ask(
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, errand_id, answered,"
        " attachment_count, attachment_bytes, sent_by)"
        " VALUES ('demo', sha256('x'), 'created', %s, false, 0, 0, gen_random_uuid())",
        errand,
    )

    csat.decide(DUE)

    assert csat.outcome(errand) == "made_by_us"


def test_an_errand_whose_writer_was_erased_is_never_invited(csat):
    errand = csat.errand()
    csat.ask("INSERT INTO intake.erased VALUES ('demo', 'errand_reports', %s, now())", errand)

    csat.decide(DUE)

    assert csat.outcome(errand) == "erased"


def test_a_question_of_cention_does_not_matter_where_the_rule_says_so(surveys):
    surveys.load(brief(more="skip_if_cention_asked = false"), on=("csat",))
    errand = surveys.errand(feedback_link="https://example.org/1")

    surveys.decide(DUE)

    assert surveys.outcome(errand) == "invite"


@pytest.mark.parametrize("days", [1, 29])
def test_the_same_person_is_quiet_in_any_area_and_any_notation(csat, days):
    csat.errand(from_address="anna@example.org", area_id=1)
    csat.decide(DUE)
    csat.settle()
    again = csat.errand(ANSWERED + days * DAY, from_address=" ANNA@example.ORG", area_id=2)

    csat.decide(DUE + days * DAY)

    assert csat.outcome(again) == "quiet"


def test_a_number_in_another_notation_is_the_same_person(surveys):
    surveys.load(
        brief()
        .replace('contact = "email"', 'contact = "mobile"')
        .replace('vendor = ["digidesk", "customer_radar"]', 'vendor = "digidesk"')
        .partition("[rule.survey.customer_radar]")[0],
        on=("csat",),
    )
    first = surveys.errand(from_address="070-174 06 05")
    surveys.decide(DUE)
    surveys.settle()
    again = surveys.errand(ANSWERED + DAY, from_address="+46 (0)70 1740605")

    surveys.decide(DUE + DAY)

    assert (surveys.outcome(first), surveys.outcome(again)) == ("invite", "quiet")
    assert surveys.invitations()[0]["contact"] == "+46701740605"


def test_a_quiet_period_ends_to_the_second(csat):
    csat.errand(from_address="anna@example.org")
    csat.decide(DUE)
    csat.settle()
    on_time = csat.errand(ANSWERED + 30 * DAY, from_address="anna@example.org")

    csat.decide(DUE + 30 * DAY)

    assert csat.outcome(on_time) == "invite"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("unknown", "quiet"), ("triggered", "quiet"), ("refused", "invite"), ("withdrawn", "invite")],
)
def test_only_invitations_that_may_have_arrived_count(csat, state, outcome):
    csat.errand(from_address="anna@example.org")
    csat.decide(DUE)
    csat.settle()
    csat.ask("UPDATE feedback.invitation SET state = %s", state)
    again = csat.errand(ANSWERED + DAY, from_address="anna@example.org")

    csat.decide(DUE + DAY)

    assert csat.outcome(again) == outcome


def test_the_clock_of_a_rule_is_not_prolonged_by_another_rule(surveys):
    monthly = brief("monthly", 'quiet_days = 0\nagain_after_days = 30\nwhere = { areas = ["A"] }')
    other = brief("other", 'quiet_days = 0\nwhere = { areas = ["B"] }')
    surveys.load(monthly + other, on=("monthly", "other"))
    surveys.ask("INSERT INTO cention.area VALUES ('demo', 1, 'A', now()), ('demo', 2, 'B', now())")
    found = []
    for days, area in ((0, 1), (10, 1), (20, 2), (31, 1)):
        moment = ANSWERED + days * DAY
        found.append(surveys.errand(moment, from_address="anna@example.org", area_id=area))
        surveys.decide(moment + HOUR)
        surveys.settle()

    assert [surveys.outcome(one) for one in found] == ["invite", "rule_quiet", "invite", "invite"]


def test_whoever_answered_lately_is_left_alone(surveys):
    surveys.load(brief(more="quiet_days = 0\nafter_answer_days = 10"), on=("csat",))
    surveys.errand(from_address="anna@example.org")
    surveys.decide(DUE)
    surveys.settle()
    surveys.ask(
        "WITH s AS (INSERT INTO feedback.session (workspace, invitation_id, vendor, origin, state,"
        " verified) SELECT 'demo', invitation_id, 'digidesk', 'import', 'complete', true"
        " FROM feedback.invitation RETURNING session_id)"
        " INSERT INTO feedback.answer (workspace, session_id, position, kind, answered_at)"
        " SELECT 'demo', session_id, 1, 'text', %s FROM s",
        DUE + DAY,
    )
    soon = surveys.errand(ANSWERED + 9 * DAY, from_address="anna@example.org")
    surveys.decide(DUE + 9 * DAY)
    later = surveys.errand(ANSWERED + 12 * DAY, from_address="anna@example.org")
    surveys.decide(DUE + 12 * DAY)

    assert (surveys.outcome(soon), surveys.outcome(later)) == ("answered_lately", "invite")


def test_a_thread_is_asked_once_where_the_rule_says_so(surveys):
    surveys.load(brief(more="quiet_days = 0\nask_thread_once = true"), on=("csat",))
    surveys.errand(thread_id=5)
    again = surveys.errand(thread_id=5)
    other = surveys.errand(thread_id=6)

    surveys.decide(DUE)

    assert (surveys.outcome(again), surveys.outcome(other)) == ("thread_asked", "invite")


def test_two_errands_of_a_person_at_once_lead_to_one_invitation_even_without_a_quiet_period(
    surveys,
):
    surveys.load(brief(more="quiet_days = 0"), on=("csat",))
    for seconds in range(2):
        surveys.errand(ANSWERED + timedelta(seconds=seconds), from_address="anna@example.org")

    surveys.decide(DUE + timedelta(seconds=30))

    assert sorted(surveys.decisions().values()) == ["invite", "quiet"]


def test_a_rule_invites_nobody_for_what_happened_before_it_was_switched_on(surveys):
    surveys.load(brief(), on=("csat",), on_from=START)
    before = surveys.errand(START - timedelta(seconds=1))
    backfilled = [
        surveys.errand(START - days * DAY, fetched_at=START + DAY) for days in range(1, 366)
    ]

    surveys.decide(START + 2 * DAY)
    surveys.decide(START + 30 * DAY)

    assert before not in surveys.decisions()
    assert not surveys.decisions().keys() & set(backfilled)


def reopen(surveys, errand, at):
    surveys.change(errand, closed=False, fetched_at=at)
    surveys.ask(
        "INSERT INTO cention.errand_action VALUES ('demo', %s, %s, 'reopened', 'Bo', %s, %s)",
        *(errand, errand, at, at),
    )


def test_an_errand_that_was_reopened_waits_and_is_judged_at_its_new_answer(csat):
    errand = csat.errand()
    reopen(csat, errand, ANSWERED + HOUR / 2)

    csat.decide(DUE)
    csat.decide(DUE + DAY)
    assert csat.outcome(errand) is None

    csat.change(errand, closed=True, answered_at=ANSWERED + 2 * DAY, fetched_at=ANSWERED + 2 * DAY)
    csat.decide(ANSWERED + 2 * DAY)
    assert csat.outcome(errand) is None

    csat.decide(DUE + 2 * DAY)
    assert csat.invitations()[0]["event_at"] == ANSWERED + 2 * DAY


def test_an_errand_that_stays_open_is_decided_when_its_time_is_over(csat):
    errand = csat.errand()
    reopen(csat, errand, ANSWERED + HOUR / 2)

    csat.decide(OVER - timedelta(seconds=1))
    assert csat.outcome(errand) is None

    csat.decide(OVER)
    assert csat.outcome(errand) == "still_open"


def test_an_answer_that_a_callback_reported_moves_the_moment(csat):
    errand = csat.errand()
    csat.ask(
        "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
        " callback_id) VALUES ('demo', %s, 1, 1, %s, 1)",
        *(errand, ANSWERED + HOUR / 2),
    )

    csat.decide(DUE)
    assert csat.outcome(errand) is None

    csat.decide(DUE + HOUR / 2)
    assert csat.invitations()[0]["event_at"] == ANSWERED + HOUR / 2


def test_an_answer_in_the_future_happened_when_it_was_reported(csat):
    """A wrong CENTION_TIMEZONE shifts the dates of reports."""
    csat.errand(ANSWERED + 8 * HOUR, fetched_at=ANSWERED)

    csat.decide(DUE)

    assert csat.invitations()[0]["event_at"] == ANSWERED


def test_a_closed_errand_is_judged_at_its_closing_and_a_planned_date_is_none(surveys):
    surveys.load(brief().replace('event = "answered"', 'event = "closed"'), on=("csat",))
    done = surveys.errand(ANSWERED, done_at=ANSWERED + HOUR, fetched_at=ANSWERED + 2 * HOUR)
    planned = surveys.errand(ANSWERED, done_at=ANSWERED + 90 * DAY)
    surveys.errand(ANSWERED, closed=False)

    surveys.decide(ANSWERED + 3 * HOUR)

    rows = surveys.ask("SELECT errand_id, event_at FROM feedback.decision ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [(done, ANSWERED + HOUR), (planned, ANSWERED)]


def test_held_surveys_decide_only_what_is_over(csat):
    waiting, over = csat.errand(ANSWERED + 3 * DAY), csat.errand()
    csat.ask("INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', 'test')")

    csat.decide(OVER)
    assert (csat.outcome(over), csat.outcome(waiting)) == ("held", None)

    csat.ask("DELETE FROM feedback.hold")
    csat.decide(OVER)
    assert csat.outcome(waiting) == "invite"


def test_a_database_that_was_restored_is_held(csat):
    errand = csat.errand()
    csat.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")

    csat.decide(DUE)
    csat.decide(DUE)

    assert csat.outcome(errand) is None
    [held] = csat.ask("SELECT workspace, reason FROM feedback.hold")
    assert held["workspace"] == "demo"
    assert "restored" in held["reason"]


def pause(surveys, vendor, until):
    surveys.ask(
        "INSERT INTO feedback.vendor VALUES ('demo', %s, %s, 'refused the key')", vendor, until
    )


def test_the_first_vendor_of_the_rule_is_asked_and_the_next_while_it_is_paused(csat):
    pause(csat, "digidesk", DUE + DAY)
    csat.errand()
    csat.decide(DUE)
    csat.errand(ANSWERED + 2 * DAY)
    csat.decide(DUE + 2 * DAY)

    assert [row["vendor"] for row in csat.invitations()] == ["customer_radar", "digidesk"]


def test_while_every_vendor_is_paused_errands_wait(csat):
    pause(csat, "digidesk", OVER + DAY)
    pause(csat, "customer_radar", DUE + DAY)
    errand = csat.errand()

    csat.decide(DUE)
    assert csat.outcome(errand) is None

    csat.decide(DUE + DAY)
    assert csat.invitations()[0]["vendor"] == "customer_radar"


def test_errands_are_decided_when_their_time_is_over_though_every_vendor_is_paused(csat):
    for vendor in ("digidesk", "customer_radar"):
        pause(csat, vendor, OVER + DAY)
    errand = csat.errand()

    csat.decide(OVER)

    assert csat.outcome(errand) == "vendor_off"


def test_an_area_may_have_its_own_survey_or_none(surveys):
    text = brief().replace('vendor = ["digidesk", "customer_radar"]', 'vendor = "digidesk"')
    text = text.partition("[rule.survey.digidesk]")[0]
    surveys.load(text + '[rule.survey_by_area."Växel".digidesk]\ncampaign = "W"\n', on=("csat",))
    surveys.ask("INSERT INTO cention.area VALUES ('demo', 1, 'VÄXEL', now())")
    own, without = surveys.errand(area_id=1), surveys.errand()

    surveys.decide(DUE)

    assert (surveys.outcome(own), surveys.outcome(without)) == ("invite", "no_survey_for_area")
    assert surveys.invitations()[0]["survey"] == {"campaign": "W"}


def test_nobody_is_invited_outside_the_hours(surveys):
    surveys.load(brief(more='hours = ["08:00", "20:00"]'), on=("csat",))
    late = START.replace(hour=19, minute=30)  # 20:30 in Stockholm
    errand = surveys.errand(late)

    surveys.decide(late + 2 * HOUR)
    assert surveys.outcome(errand) is None

    surveys.decide((START + DAY).replace(hour=7, minute=5))
    assert surveys.invitations()[0]["due_at"] == (START + DAY).replace(hour=7)


def test_an_outage_over_night_sends_nothing_at_night(surveys):
    surveys.load(brief(more='hours = ["08:00", "20:00"]'), on=("csat",))
    errand = surveys.errand(ANSWERED)

    surveys.decide(ANSWERED.replace(hour=22))
    assert surveys.outcome(errand) is None

    morning = (ANSWERED + DAY).replace(hour=7)
    surveys.decide(morning)
    assert surveys.invitations()[0]["due_at"] == morning


def test_after_a_long_outage_it_is_too_late_and_none_is_forgotten(csat):
    early = csat.errand()
    csat.decide(DUE)
    missed = [csat.errand(DUE + n * DAY) for n in range(1, 30)]

    csat.decide(DUE + 40 * DAY)

    assert csat.outcome(early) == "invite"
    assert {csat.outcome(one) for one in missed} == {"too_late"}


def test_the_caps_of_a_day_and_of_an_agent_hold(surveys):
    surveys.load(brief(more="per_day = 5\nper_agent_day = 2"), on=("csat",))
    for n in range(20):
        surveys.errand(ANSWERED + n * timedelta(minutes=1), agent_id=n % 4)
    for minutes in range(60, 90, 4):
        surveys.decide(ANSWERED + timedelta(minutes=minutes))

    reasons = list(surveys.decisions().values())
    per_agent = surveys.ask(
        "SELECT max(n) AS n FROM"
        " (SELECT count(*) AS n FROM feedback.invitation GROUP BY agent_id) AS per_agent"
    )
    assert (reasons.count("invite"), reasons.count("cap_day")) == (5, 15)
    assert per_agent == [{"n": 2}]

    tomorrow = surveys.errand(ANSWERED + DAY, agent_id=1)
    surveys.decide(DUE + DAY)
    assert surveys.outcome(tomorrow) == "invite"


def test_an_agent_above_the_cap_gets_a_reason_of_its_own(surveys):
    surveys.load(brief(more="per_agent_day = 1"), on=("csat",))
    found = [surveys.errand(agent_id=agent) for agent in (1, 1, 2, None, None)]

    surveys.decide(DUE)

    assert [surveys.outcome(one) for one in found] == ["invite", "cap_agent", *["invite"] * 3]


def test_the_cap_of_an_agent_holds_with_several_deciders_at_once(surveys):
    surveys.load(brief(more="per_agent_day = 2"), on=("csat",))
    for n in range(80):
        surveys.errand(ANSWERED + n * timedelta(seconds=1), agent_id=n % 4)

    with ThreadPoolExecutor(8) as deciders:
        list(deciders.map(surveys.decide, [DUE + n * timedelta(seconds=10) for n in range(16)]))
    surveys.decide(DUE + HOUR)

    per_agent = Counter(row["agent_id"] for row in surveys.invitations())
    assert per_agent == {0: 2, 1: 2, 2: 2, 3: 2}
    assert list(surveys.decisions().values()).count("cap_agent") == 72


def test_several_deciders_at_once_make_the_rows_of_one(surveys):
    surveys.load(brief(more="per_day = 50"), on=("csat",))
    for n in range(300):
        surveys.errand(ANSWERED + n * timedelta(seconds=1), from_address=f"c{n % 200}@example.org")

    threads = [threading.Thread(target=surveys.decide, args=(DUE + HOUR,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    surveys.decide(DUE + HOUR)

    reasons = list(surveys.decisions().values())
    assert len(reasons) == 300
    assert (reasons.count("invite"), len(surveys.invitations())) == (50, 50)


def test_a_person_with_an_open_invitation_cannot_get_a_second_one(csat):
    csat.errand(from_address="anna@example.org")
    csat.decide(DUE)

    with pytest.raises(psycopg.errors.UniqueViolation):
        csat.ask(
            "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
            " vendor, survey, channel, person_sha256, event_at, due_at, send_until, expires_at)"
            " SELECT workspace, 'other', 99, rule, rule_version, vendor, survey, channel,"
            " person_sha256, event_at, due_at, send_until, expires_at FROM feedback.invitation"
        )


def test_old_decisions_keep_the_version_they_were_made_by(surveys):
    surveys.load(brief(), on=("csat",))
    surveys.errand()
    surveys.decide(DUE)
    surveys.load(brief(more="quiet_days = 1"))
    surveys.errand(ANSWERED + DAY)
    surveys.decide(DUE + DAY)

    rows = surveys.ask("SELECT errand_id, rule_version FROM feedback.decision ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [(1, 1), (2, 2)]


def test_the_value_and_the_limit_of_a_reason_are_written_for_people(csat):
    csat.errand(from_address="a@b.org")
    second = csat.errand(ANSWERED + HOUR, from_address="a@b.org")

    csat.decide(DUE)
    csat.decide(DUE + HOUR)

    [row] = csat.ask("SELECT detail FROM feedback.decision WHERE errand_id = %s", second)
    assert row["detail"] == "2026-03-02 11:00:00Z, limit 30"


def test_the_commonest_reason_is_first_and_those_that_are_as_common_by_name(csat):
    csat.errand()
    csat.decide(DUE)
    csat.ask("UPDATE feedback.decision SET decided_at = now()")
    reasons = ["quiet", "no_rule", "quiet", "deleted", "gone", "quiet", "gone"]
    for number, reason in enumerate(reasons, 100):
        csat.ask(
            "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason)"
            " VALUES ('demo', %s, 'answered', now(), 'not', %s)",
            *(number, reason),
        )

    assert decisions.reasons_since(csat.conn, "demo", days=7) == [
        ("quiet", 3),
        ("gone", 2),
        ("deleted", 1),
        ("no_rule", 1),
    ]
