"""Any history of a contact centre, decided at any times: what never happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.surveys.conftest import DAY, DEMO, HOUR, START, Surveys, surveys_in
from tests.support.databases import database_copy
from tests.support.surveys import brief, rules_of
from workers.surveys.rules.sending_hours import is_open

QUIET = 10 * DAY
PER_DAY = 4
TEXT = brief(
    more=f'quiet_days = 10\nsample_percent = 90\nper_day = {PER_DAY}\nhours = ["09:00", "18:00"]\n'
    'days = ["mon", "tue", "wed", "thu", "fri", "sat"]'
)
MINUTES = st.integers(1, 3 * 24 * 60)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), MINUTES),
        st.tuples(st.just("answer"), st.integers(0, 3)),  # by a person
        st.tuples(st.just("answer again"), st.integers(0, 30)),  # one of the errands
        st.tuples(st.just("reopen"), st.integers(0, 30)),
        st.tuples(st.just("hold"), st.booleans()),
        st.tuples(st.just("pause"), MINUTES),
        st.tuples(st.just("fail"), st.just(0)),  # what is due is refused
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def shared(postgres, template) -> Iterator[Surveys]:
    """One database for all examples."""
    with database_copy(postgres, template) as url, surveys_in(url) as found:
        yield found


class Centre:
    """A contact centre whose clock moves with each step."""

    def __init__(self, surveys: Surveys) -> None:
        self.surveys = surveys
        self.now = START
        self.errands: list[int] = []
        surveys.ask(
            "TRUNCATE feedback.decision, feedback.invitation, feedback.session, feedback.answer,"
            " feedback.alert, feedback.rule, feedback.rules_file, feedback.hold, feedback.vendor,"
            " cention.errand, cention.errand_action"
        )
        surveys.load(TEXT, on=("csat",))

    def step(self, kind: str, value: int) -> None:
        if kind == "wait":
            self.now += timedelta(minutes=value)
        elif kind == "answer":
            errand = len(self.errands) + 1
            address = [f"p{value}@example.org", f"P{value}@EXAMPLE.org"][errand % 2]
            self.surveys.errand(self.now, errand_id=errand, from_address=address)
            self.errands.append(errand)
        elif kind in ("answer again", "reopen") and self.errands:
            self.change(self.errands[value % len(self.errands)], again=kind == "answer again")
        elif kind == "hold":
            self.surveys.ask("DELETE FROM feedback.hold")
            if value:
                self.surveys.ask(
                    "INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', 'x')"
                )
        elif kind == "pause":
            self.surveys.ask(
                "INSERT INTO feedback.vendor VALUES ('demo', 'digidesk', %s, 'x')"
                " ON CONFLICT (workspace, vendor)"
                " DO UPDATE SET paused_until = EXCLUDED.paused_until",
                self.now + timedelta(minutes=value),
            )
        self.surveys.decide(self.now)
        self.send(refused=kind == "fail")
        self.now += timedelta(seconds=30)

    def change(self, errand: int, *, again: bool) -> None:
        self.now += timedelta(minutes=2)
        changes = {"answered_at": self.now} if again else {}
        self.surveys.change(errand, closed=again, fetched_at=self.now, **changes)
        self.surveys.ask(
            "INSERT INTO cention.errand_action SELECT 'demo', coalesce(max(action_id), 0) + 1, %s,"
            " '', '', %s, %s FROM cention.errand_action",
            *(errand, self.now, self.now),
        )

    def send(self, *, refused: bool) -> None:
        """Send what is due now; a vendor may refuse it."""
        self.surveys.ask(
            "UPDATE feedback.invitation SET state = %s, sent_at = %s, sent_by = gen_random_uuid(),"
            " tries = 1 WHERE state = 'due' AND due_at <= %s",
            *("refused" if refused else "triggered", self.now, self.now),
        )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_an_errand_is_decided_once_and_no_person_is_asked_twice_within_a_quiet_period(
    shared, steps
):
    centre = Centre(shared)
    for kind, value in steps:
        centre.step(kind, int(value))
    centre.step("hold", 0)
    for _ in range(9):  # whatever was open is over then
        centre.step("wait", 24 * 60)

    decided = shared.ask("SELECT errand_id, reason FROM feedback.decision")
    assert sorted(row["errand_id"] for row in decided) == centre.errands
    invitations = shared.invitations()
    assert len(invitations) == [row["reason"] for row in decided].count(None)
    [rule] = rules_of(TEXT).rules
    days = Counter(row["due_at"].astimezone(DEMO.zone).date() for row in invitations)
    assert max(days.values(), default=0) <= PER_DAY
    last = {}
    for row in sorted(invitations, key=lambda row: row["sent_at"]):
        assert row["event_at"] + HOUR <= row["due_at"] <= row["event_at"] + 7 * DAY
        assert row["due_at"] <= row["sent_at"]
        assert is_open(rule, row["sent_at"], DEMO.zone)
        if row["state"] == "triggered":
            before = last.get(row["person_sha256"])
            assert before is None or row["sent_at"] - before >= QUIET
            last[row["person_sha256"]] = row["sent_at"]
