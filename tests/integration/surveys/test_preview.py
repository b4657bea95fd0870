"""The preview: the judge over past days, equal to what a replay of those days then does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.surveys.results import read_push
from tests.integration.surveys.conftest import DAY, DEMO, HOUR, START, Surveys, surveys_in
from tests.support.databases import database_copy
from tests.support.surveys import brief
from workers.surveys.jobs import opt_out
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.rules.person import hash_of
from workers.surveys.store import answers, person_keys

NOW = START + 30 * DAY
QUIET_DAYS = {"vip": 0, "csat": 5, "closing": 2}
AGAIN_DAYS = {"vip": 3}
PAST = 1000  # numbers of errands before
OBJECTOR = "objector@example.org"
RULES = (
    brief(
        "vip",
        "quiet_days = 0\nagain_after_days = 3\nper_agent_day = 1\nafter_answer_days = 2",
        tables="",
    ).replace(
        "[rule.survey.digidesk]", '[rule.where]\ntags_any = ["vip"]\n[rule.survey.digidesk]', 1
    )
    + brief(
        "csat",
        'quiet_days = 5\nsample_percent = 80\nper_day = 3\nhours = ["08:00", "20:00"]\n'
        'days = ["mon", "tue", "wed", "thu", "fri"]\nask_thread_once = true',
    )
    + brief("closing", "quiet_days = 2").replace('"answered"', '"closed"').replace('"1h"', '"4h"')
)


@pytest.fixture(scope="module")
def shared(postgres, template) -> Iterator[Surveys]:
    """One database for all examples."""
    with database_copy(postgres, template) as url, surveys_in(url) as found:
        yield found


def empty(surveys: Surveys) -> None:
    surveys.ask(
        "TRUNCATE feedback.decision, feedback.invitation, feedback.session, feedback.answer,"
        " feedback.alert, feedback.rule, feedback.rules_file, feedback.opt_out, cention.errand,"
        " cention.errand_action, cention.errand_tag, cention.area, cention.tag, cention.answer"
    )


def replay(surveys: Surveys, previewed: list[tuple[int, object, object]]) -> None:
    """Decide at every moment at which something is due, as a beat would, and send at once."""
    moments = {moment for _, *moments in previewed for moment in moments}
    for moment in sorted(one for one in moments if one <= NOW):  # type: ignore[operator]
        surveys.decide(moment)  # type: ignore[arg-type]
        surveys.settle()
    surveys.decide(NOW)


errands = st.lists(
    st.fixed_dictionaries(
        {
            "minutes": st.integers(-5 * 24 * 60, 30 * 24 * 60),
            "person": st.integers(0, 5),
            "agent": st.integers(0, 2),
            "thread": st.integers(0, 20),
            "vip": st.booleans(),
            "kind": st.sampled_from(
                ["plain"] * 6
                + ["deleted", "gone", "robot", "nobody", "bad", "reopened", "open", "asked"]
                + ["callback", "objects"]
            ),
        }
    ),
    max_size=40,
)


# Persons who were invited so many hours before, and whether they have answered.
pasts = st.dictionaries(st.integers(0, 5), st.tuples(st.integers(1, 200), st.booleans()))


def write_past(surveys: Surveys, past: dict[int, tuple[int, bool]]) -> None:
    for person, (hours, has_answered) in past.items():
        at, number = START - hours * HOUR, PAST + person
        address = f"p{person}@example.org"
        surveys.errand(at, errand_id=number, from_address=address)
        surveys.ask(
            "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
            " vendor, survey, channel, person_sha256, event_at, due_at, send_until, expires_at,"
            " state, sent_by, sent_at, tries) SELECT 'demo', %s, %s, 'csat', 1, 'digidesk', '{}',"
            " 'email', %s, at, at, at, at, 'triggered', gen_random_uuid(), at, 1"
            " FROM (VALUES (%s::timestamptz)) AS sent (at)",
            *(address, number, person_of(surveys, address), at),
        )
        if has_answered:
            rows = {"rows": [{"Reference": address, "Score": 9, "At": (at + HOUR).isoformat()}]}
            columns = {"Reference": "reference", "Score": "nps", "At": "answered_at"}
            read = read_push(rows, columns, zone=DEMO.zone)
            answers.save_results(surveys.conn, "demo", "digidesk", read, origin="push")


def person_of(surveys: Surveys, address: str) -> bytes:
    key = person_keys.read(surveys.conn, "demo")
    assert key is not None
    return hash_of(key, opt_out.contact_from(address, DEMO))


def write(surveys: Surveys, history: list[dict[str, object]]) -> None:
    surveys.ask("INSERT INTO cention.tag VALUES ('demo', 1, 'VIP', now())")
    objector = opt_out.contact_from(OBJECTOR, DEMO)
    opt_out.add(surveys.conn, DEMO, [objector], source="operator")
    for number, one in enumerate(history, start=1):
        at = START + timedelta(minutes=int(str(one["minutes"])))
        kind = one["kind"]
        changes = {
            "deleted": {"deleted": True},
            "gone": {"gone_at": NOW},
            "robot": {"from_address": "no-reply@example.org"},
            "nobody": {"from_address": None},
            "bad": {"from_address": "?"},
            "reopened": {"closed": False},
            "open": {"answered": False, "closed": False},
            "asked": {"feedback_link": "x"},
            "objects": {"from_address": OBJECTOR.upper()},
        }.get(str(kind), {})
        person = {"from_address": f"p{one['person']}@example.org"}
        surveys.errand(
            at,
            errand_id=number,
            agent_id=one["agent"],
            thread_id=one["thread"],
            **(person | changes),
        )
        if kind == "reopened":
            surveys.ask(
                "INSERT INTO cention.errand_action VALUES ('demo', %s, %s, '', '', %s, %s)",
                *(number, number, at + HOUR / 2, at + HOUR / 2),
            )
        if kind == "callback":
            surveys.ask(
                "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id,"
                " received_at, callback_id) VALUES ('demo', %s, %s, 1, %s, 1)",
                *(number, number, at + timedelta(seconds=20)),
            )
        if one["vip"]:
            surveys.ask("INSERT INTO cention.errand_tag VALUES ('demo', %s, 1, now())", number)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=errands, past=pasts)
def test_a_preview_equals_what_a_replay_of_the_same_days_does(shared, history, past):
    empty(shared)
    shared.load(RULES, on=("vip", "csat", "closing"))
    write_past(shared, past)
    write(shared, history)
    shared.ask("SET default_transaction_read_only = on")
    found = shared.preview("csat", days=30, now=NOW)
    shared.ask("SET default_transaction_read_only = off")

    replay(
        shared,
        [(one.errand_id, one.due_at, one.event_at + 7 * DAY) for one in found.errands],
    )

    assert shared.decisions() == {one.errand_id: one.outcome for one in found.errands}
    assert Counter(shared.decisions().values()) == found.totals()
    invitations = shared.invitations()
    assert len({row["errand_id"] for row in invitations}) == len(invitations)
    check_clocks(invitations)
    by_person = {number: person_of(shared, f"p{number}@example.org") for number in range(6)}
    for one in found.errands:
        if one.outcome == "rule_quiet":
            person = by_person[history[one.errand_id - 1]["person"]]
            since = [one.due_at - at for at in times(invitations, person, one.rule)]
            assert any(timedelta() <= time < AGAIN_DAYS[one.rule] * DAY for time in since)


def check_clocks(invitations: list[dict[str, Any]]) -> None:
    """Check the clock of each person, and that of each person and rule."""
    for row in invitations:
        if row["errand_id"] < PAST:
            person, rule, at = row["person_sha256"], row["rule"], row["due_at"]
            for days, earlier in (
                (QUIET_DAYS[rule], times(invitations, person)),
                (AGAIN_DAYS.get(rule, 0), times(invitations, person, rule)),
            ):
                assert all(at - other >= days * DAY for other in earlier if other < at)


def times(
    invitations: list[dict[str, Any]], person: bytes, rule: str | None = None
) -> list[datetime]:
    """Return when a person was invited, by one rule or any."""
    return [
        row["due_at"]
        for row in invitations
        if row["person_sha256"] == person and rule in (None, row["rule"])
    ]


def test_a_preview_writes_nothing_and_does_not_need_the_rule_to_be_on(surveys):
    surveys.load(brief())
    errand = surveys.errand(START + DAY)
    surveys.ask("SET default_transaction_read_only = on")

    found = surveys.preview("csat", days=30, now=NOW)

    assert [(one.errand_id, one.outcome) for one in found.errands] == [(errand, "invite")]
    assert surveys.decisions() == {}


def test_a_preview_tells_totals_by_reason_area_and_day(surveys):
    surveys.load(brief())
    surveys.ask("INSERT INTO cention.area VALUES ('demo', 1, 'Invoices', now())")
    surveys.errand(START + DAY, area_id=1)
    surveys.errand(START + 2 * DAY, from_address="noreply@example.org")
    surveys.errand(NOW - timedelta(minutes=5))

    found = surveys.preview("csat", days=30, now=NOW)

    assert found.totals() == {"invite": 1, "robot_address": 1}
    assert found.by_area() == {None: {"robot_address": 1}, "Invoices": {"invite": 1}}
    assert [day.isoformat() for day in found.by_day()] == ["2026-03-03", "2026-03-04"]
    assert found.waiting == 1


def test_a_preview_leaves_out_what_was_decided_meanwhile_but_not_what_was_before(surveys):
    surveys.load(brief(), on=("csat",), on_from=START)
    surveys.errand(START + HOUR, from_address="anna@example.org")
    surveys.decide(START + 2 * HOUR)
    surveys.settle()
    surveys.errand(START + 20 * DAY, from_address="anna@example.org")
    surveys.errand(START + 20 * DAY, from_address="bo@example.org")
    surveys.decide(START + 20 * DAY + HOUR)

    found = surveys.preview("csat", days=15, now=NOW)

    assert found.totals() == {"quiet": 1, "invite": 1}


def test_a_preview_of_an_unknown_rule_is_refused(surveys):
    with pytest.raises(UnknownRule):
        surveys.preview("csat", days=30, now=NOW)


def test_a_sample_is_the_same_on_every_run_and_in_the_preview(surveys):
    surveys.load(brief(more="sample_percent = 30"), on=("csat",))
    for number in range(400):
        surveys.errand(START + HOUR + number * timedelta(seconds=1))

    found = surveys.preview("csat", days=30, now=NOW)
    again = surveys.preview("csat", days=30, now=NOW)
    surveys.decide(START + 3 * HOUR)

    outcomes = {one.errand_id: one.outcome for one in found.errands}
    assert outcomes == {one.errand_id: one.outcome for one in again.errands}
    assert outcomes == surveys.decisions()
