"""Invitations of several rules and vendors do not hold up each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from schemas.surveys.rule import Vendor
from tests.integration.surveys.conftest import START
from tests.integration.surveys.inviting import DUE
from tests.support.surveys import brief, rules_of
from workers.clients.surveys.outcomes import SurelyNotSent, Triggered, VendorRefusesUs
from workers.surveys.jobs import invite as job
from workers.surveys.jobs import load_rules
from workers.surveys.jobs.vendor_requests import VendorAccount
from workers.surveys.store import answers, holds, survey_rules

MINUTE = timedelta(minutes=1)
SENT = Triggered(remote_id="1")


@pytest.fixture
def send(surveys):
    """Return a function that decides at a moment, and sends what is due through some accounts."""

    @contextmanager
    def session() -> Iterator[psycopg.Connection[object]]:
        with psycopg.connect(surveys.database, autocommit=True) as conn:
            yield conn

    with ThreadPoolExecutor(job.AT_ONCE) as threads:

        def run(asks, now=DUE):
            surveys.decide(now)
            return job.invite(
                surveys.workspace,
                {vendor: VendorAccount(ask=ask, per_minute=1000) for vendor, ask in asks.items()},
                session=session,
                threads=threads,
                clock=lambda conn: now,
            )

        yield run


def states(surveys):
    return [row["state"] for row in surveys.invitations()]


def test_a_vendor_that_hangs_does_not_hold_up_another(surveys, send):
    surveys.load(brief(), on=("csat",))
    for _ in range(job.AT_ONCE + 4):
        surveys.errand()
    surveys.decide(DUE)
    surveys.ask("UPDATE feedback.invitation SET vendor = 'customer_radar'")
    surveys.errand()
    asked, go_on = threading.Event(), threading.Event()

    def hang(one, send_until_s):
        go_on.wait(20)
        return SENT

    def answer(one, send_until_s):
        asked.set()
        return SENT

    with ThreadPoolExecutor(1) as beside:
        run = beside.submit(send, {Vendor.CUSTOMER_RADAR: hang, Vendor.DIGIDESK: answer})
        while_it_hung = asked.wait(10)
        go_on.set()
        result = run.result()

    assert while_it_hung
    assert (result.more, set(states(surveys))) == (False, {"triggered"})


def test_a_survey_that_is_not_set_up_does_not_hold_up_the_others_of_its_vendor(surveys, send):
    surveys.load(brief(), on=("csat",))
    wrong, right = surveys.errand(), surveys.errand(at=START + timedelta(minutes=61))

    def ask(one, send_until_s):
        return VendorRefusesUs(reason="not set up") if one.errand_id == wrong else SENT

    send({Vendor.DIGIDESK: ask}, DUE)
    send({Vendor.DIGIDESK: ask}, DUE + 2 * MINUTE)
    send({Vendor.DIGIDESK: ask}, DUE + 4 * MINUTE)

    found = {row["errand_id"]: row["state"] for row in surveys.invitations()}
    assert found == {wrong: "due", right: "triggered"}


def test_a_rule_that_was_switched_off_and_on_again_sends_nothing_from_before(surveys, send):
    surveys.load(brief(), on=("csat",))
    surveys.errand()
    surveys.decide(DUE)
    survey_rules.switch_off(surveys.conn, "demo", "csat")
    survey_rules.switch_on(surveys.conn, "demo", "csat")

    send({Vendor.DIGIDESK: lambda one, send_until_s: SENT})

    [row] = surveys.invitations()
    assert (row["state"], row["problem"], row["tries"]) == ("withdrawn", "no_rule", 0)


def test_an_answer_to_what_is_to_be_sent_once_more_settles_it(surveys, send):
    surveys.load(brief(), on=("csat",))
    surveys.errand()
    send({Vendor.DIGIDESK: lambda one, send_until_s: SurelyNotSent(reason="busy")})
    [row] = surveys.invitations()

    settled = answers.settle_answered(surveys.conn, "demo", [row["reference"]])
    send({Vendor.DIGIDESK: lambda one, send_until_s: SENT}, DUE + 5 * MINUTE)

    [row] = surveys.invitations()
    assert (settled, row["state"], row["settled_by"], row["tries"]) == (1, "triggered", "answer", 1)


def test_a_restored_database_is_held_also_if_the_first_attempt_failed(surveys, monkeypatch):
    surveys.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")
    with monkeypatch.context() as patch:
        patch.setitem(holds.SQL, "hold_all", "SELECT 1 / 0")
        with pytest.raises(psycopg.errors.DivisionByZero):
            holds.hold_if_restored(surveys.conn)

    assert holds.hold_if_restored(surveys.conn)
    assert holds.held(surveys.conn, "demo") == holds.RESTORED


def test_a_hold_of_an_operator_does_not_hide_that_the_database_was_restored(surveys):
    holds.hold(surveys.conn, "demo", reason="too many")
    surveys.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")

    assert holds.hold_if_restored(surveys.conn)

    assert holds.held(surveys.conn, "demo") == holds.RESTORED


def test_a_rule_is_not_switched_on_while_another_file_is_loaded(surveys):
    surveys.load(brief())
    with psycopg.connect(surveys.database) as loading:
        load_rules.load(loading, "demo", rules_of(brief(name="other")), dry_run=False)
        survey_rules.lock(loading, "demo")
        surveys.ask("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            survey_rules.switch_on(surveys.conn, "demo", "csat")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            survey_rules.switch_off(surveys.conn, "demo", "csat")
