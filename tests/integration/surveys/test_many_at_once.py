"""Whatever happened in a contact centre, many processes at once make the same rows as one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.surveys.rule import Vendor
from tests.integration.surveys.conftest import DAY, DEMO, HOUR, START, Surveys, surveys_in
from tests.support.databases import database_copy
from tests.support.surveys import brief
from workers.clients.surveys.outcomes import Outcome, Refused, Triggered
from workers.surveys.jobs import invite as job
from workers.surveys.jobs.vendor_requests import VendorAccount
from workers.surveys.store.invitations import DueInvitation

DECIDERS, INVITERS = 2, 8
DUE = START + 2 * DAY
PER_DAY, PER_AGENT = 6, 2
RULES = brief("vip", f"quiet_days = 1\nagain_after_days = 2\nper_agent_day = {PER_AGENT}").replace(
    "[rule.survey.digidesk]", '[rule.where]\nchannels = ["Email"]\n[rule.survey.digidesk]', 1
)
RULES += brief("csat", f"quiet_days = 1\nper_day = {PER_DAY}\nsample_percent = 80")
ROWS = """
    SELECT d.errand_id, d.verdict, d.reason, d.rule, i.state, i.vendor, i.tries, i.due_at, i.sent_at
    FROM feedback.decision AS d
    LEFT JOIN feedback.invitation AS i USING (workspace, invitation_id)
    ORDER BY d.errand_id
"""
HISTORIES = st.lists(
    st.tuples(
        st.integers(1, 40 * 60),  # the minute of the answer
        st.integers(0, 9),  # its person
        st.integers(0, 2),  # its agent
        st.booleans(),  # whether it is of the first rule
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture(scope="module")
def shared(postgres, template) -> Iterator[Surveys]:
    """One database for all examples."""
    with database_copy(postgres, template) as url, surveys_in(url) as found:
        yield found


class Asked:
    """Two vendors; the first refuses some. Records who was written to."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.lock = threading.Lock()

    def first(self, one: DueInvitation, send_until_s: float) -> Outcome:
        if one.errand_id % 3 == 0:
            return Refused(reason="no")
        return self.second(one, send_until_s)

    def second(self, one: DueInvitation, send_until_s: float) -> Outcome:
        with self.lock:
            self.written.append(one.errand_id)
        return Triggered(remote_id="1")


def write(surveys: Surveys, history: list[tuple[int, int, int, bool]]) -> None:
    surveys.ask(
        "TRUNCATE feedback.decision, feedback.invitation, feedback.session, feedback.answer,"
        " feedback.alert, feedback.rule, feedback.rules_file, feedback.vendor, cention.errand,"
        " cention.service"
    )
    surveys.ask("INSERT INTO cention.service VALUES ('demo', 1, 'Email', now())")
    surveys.load(RULES, on=("vip", "csat"))
    for number, (minute, person, agent, is_first) in enumerate(history, start=1):
        surveys.errand(
            START + timedelta(minutes=minute),
            errand_id=number,
            agent_id=agent,
            from_address=f"p{person}@example.org",
            service_id=1 if is_first else None,
        )


def run(surveys: Surveys, *, deciders: int, inviters: int) -> tuple[list[Any], Counter[int]]:
    """Decide and invite by so many at once; return the rows, and how often each was written to."""
    asked = Asked()
    accounts = {
        Vendor.DIGIDESK: VendorAccount(ask=asked.first, per_minute=1000),
        Vendor.CUSTOMER_RADAR: VendorAccount(ask=asked.second, per_minute=1000),
    }

    @contextmanager
    def session() -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(surveys.database, autocommit=True) as conn:
            yield conn

    def invite() -> None:
        with ThreadPoolExecutor(job.AT_ONCE) as threads:
            job.invite(DEMO, accounts, session=session, threads=threads, clock=lambda _: DUE + HOUR)

    _at_once(lambda: surveys.decide(DUE), deciders)
    surveys.decide(DUE)
    _at_once(invite, inviters)
    invite()
    return surveys.ask(ROWS), Counter(asked.written)


def _at_once(work: Callable[[], object], times: int) -> None:
    with ThreadPoolExecutor(times) as threads:
        for future in [threads.submit(work) for _ in range(times)]:
            future.result()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORIES)
def test_two_deciders_and_eight_inviters_at_once_make_the_same_rows_as_one(shared, history):
    write(shared, history)
    of_one, _ = run(shared, deciders=1, inviters=1)
    write(shared, history)

    of_many, written = run(shared, deciders=DECIDERS, inviters=INVITERS)

    assert of_many == of_one
    assert set(written.values()) <= {1}
    invited = [row for row in of_many if row["verdict"] == "invite"]
    assert written.keys() == {row["errand_id"] for row in invited}
    by_day = Counter(
        row["due_at"].astimezone(DEMO.zone).date() for row in invited if row["rule"] == "csat"
    )
    assert max(by_day.values(), default=0) <= PER_DAY
    by_agent = Counter(
        (row["due_at"].astimezone(DEMO.zone).date(), history[row["errand_id"] - 1][2])
        for row in invited
        if row["rule"] == "vip"
    )
    assert max(by_agent.values(), default=0) <= PER_AGENT
