"""Invitations that are due are sent through the vendors, each at most once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from schemas.surveys.rule import Vendor
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import DAY, HOUR, START, Surveys
from tests.integration.surveys.inviting import DUE, Inviting, accounts_at
from tests.support.locks import wait_until_locks_are_free
from tests.support.surveys import brief
from workers.clients.surveys.outcomes import Triggered
from workers.operations.jobs.survey_acts import SurveyActs
from workers.surveys.jobs import invite as job
from workers.surveys.jobs import opt_out
from workers.surveys.jobs.vendor_requests import VendorAccount
from workers.surveys.store import holds, invitations

MINUTE = timedelta(minutes=1)


@pytest.fixture
def inviting(csat: Surveys) -> Iterator[Inviting]:
    """One rule that is on, and both vendors, DigiDesk first."""
    with sandbox_server() as sandbox, ThreadPoolExecutor(job.AT_ONCE) as threads:
        yield Inviting(
            surveys=csat,
            sandbox=sandbox,
            threads=threads,
            accounts=accounts_at(sandbox.root),
        )


def test_an_errand_that_fits_a_rule_leads_to_one_message_with_our_reference(inviting):
    errand = inviting.surveys.errand(display_id="2256-1")

    inviting.decide_and_invite()
    inviting.decide_and_invite(DUE + HOUR)

    [message] = inviting.messages()
    [row] = inviting.surveys.invitations()
    assert message["contact"] == f"customer{errand}@example.org"
    assert message["pairs"] == {"Invitation": row["reference"], "Errand": "2256-1"}
    assert (message["survey"], message["name"]) == ("Campaign", "Customer")
    assert (row["state"], row["remote_id"]) == ("triggered", message["remote_id"])
    assert (row["tries"], row["sent_at"], row["settled_by"]) == (1, DUE, "vendor")


def test_customer_radar_gets_its_survey_and_both_names(inviting):
    inviting.surveys.errand(from_name="Karin  von Öberg")
    inviting.fault("not_found", "digidesk")

    inviting.decide_and_invite()

    [message] = inviting.messages()
    assert (message["vendor"], message["survey"]) == ("customer_radar", "p")
    assert message["name"] == "Karin von Öberg"


def test_what_is_not_due_is_not_sent_and_nothing_is_written(inviting):
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)

    inviting.invite(DUE - MINUTE)

    assert (inviting.states(), inviting.messages()) == (["due"], [])
    assert inviting.surveys.ask("SELECT vendor FROM feedback.vendor") == []


def test_a_number_is_written_to_through_a_vendor_that_reaches_mobiles(surveys):
    surveys.load(brief().replace('"email"', '"either"'), on=("csat",))
    surveys.errand(from_address="070-174 06 05")
    with sandbox_server() as sandbox, ThreadPoolExecutor(1) as threads:
        inviting = Inviting(surveys, sandbox, threads, accounts_at(sandbox.root))
        inviting.decide_and_invite()
        [message] = inviting.messages()

    assert (message["channel"], message["contact"]) == ("mobile", "+46701740605")


# ---- outcomes -----------------------------------------------------------------------------------


def test_a_refusal_goes_to_the_next_vendor_of_the_rule(inviting):
    inviting.surveys.errand()
    inviting.fault("error_in_200", "digidesk")

    inviting.surveys.decide(DUE)
    result = inviting.invite()

    assert result is not None
    assert (result.numbers, result.more) == ({"Refused": 1, "Triggered": 1}, False)
    assert inviting.vendors() == ["customer_radar"]
    [row] = inviting.surveys.invitations()
    assert (row["state"], row["vendor"], row["tries"]) == ("triggered", "customer_radar", 2)
    assert row["survey"] == {"programme": "p", "location": "l"}


def test_a_refusal_of_the_last_vendor_is_final(inviting):
    inviting.surveys.errand()
    inviting.fault("not_found")

    inviting.decide_and_invite()
    inviting.decide_and_invite(DUE + DAY)

    [row] = inviting.surveys.invitations()
    assert (row["state"], row["tries"], row["settled_by"]) == ("refused", 2, "vendor")
    assert "Not found" in row["problem"]
    assert inviting.messages() == []


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("error_500", 0),
        ("dropped", 0),
        ("sent_then_500", 1),
        ("sent_then_dropped", 1),
        ("broken_json", 1),
        ("truncated", 1),
        ("login_page", 0),
    ],
)
def test_what_may_have_been_sent_is_unknown_and_goes_to_nobody_again(inviting, fault, sent):
    inviting.surveys.errand()
    inviting.fault(fault)

    inviting.decide_and_invite()
    inviting.no_faults()
    inviting.decide_and_invite(DUE + HOUR)
    inviting.decide_and_invite(DUE + 30 * DAY)

    assert inviting.states() == ["unknown"]
    assert len(inviting.messages()) == sent
    [row] = inviting.surveys.invitations()
    assert (row["vendor"], row["tries"], row["settled_at"]) == ("digidesk", 1, None)


def test_a_busy_vendor_is_asked_again_after_the_wait_it_names_and_not_before(inviting):
    inviting.surveys.errand()
    inviting.fault("busy", "digidesk", seconds=60, times=1)

    inviting.decide_and_invite()
    inviting.invite(DUE + timedelta(seconds=59))
    before = inviting.states(), inviting.requests()
    inviting.invite(DUE + timedelta(seconds=60))

    assert before == (["due"], {"POST digidesk.survey_requests 503": 1})
    assert inviting.states() == ["triggered"]
    assert inviting.vendors() == ["digidesk"]


def test_while_a_vendor_is_busy_its_other_invitations_wait_too(inviting):
    inviting.surveys.errand()
    inviting.fault("busy", "digidesk", seconds=600, times=1)
    inviting.decide_and_invite()

    inviting.surveys.errand()
    inviting.decide_and_invite(DUE + MINUTE)

    assert inviting.states() == ["due", "due"]
    assert sum(inviting.requests().values()) == 1


def test_a_vendor_that_cannot_be_reached_is_asked_again_later_each_time(inviting):
    with sandbox_server() as gone:
        inviting.accounts = accounts_at(gone.root)
    inviting.surveys.errand()

    inviting.decide_and_invite()
    [first] = inviting.surveys.invitations()
    inviting.invite(first["due_at"])
    [second] = inviting.surveys.invitations()

    assert (second["state"], second["tries"]) == ("due", 2)
    assert first["due_at"] - DUE == timedelta(seconds=15)
    assert second["due_at"] - first["due_at"] == timedelta(seconds=30)


def test_a_request_over_a_limit_of_a_vendor_is_a_refusal(inviting):
    inviting.surveys.errand(display_id="x" * 251)
    inviting.only(Vendor.DIGIDESK)

    inviting.decide_and_invite()

    assert inviting.states() == ["refused"]
    assert inviting.problems() == ["/misc_data/Errand: has more than 250 characters"]
    assert inviting.requests() == {}


def test_a_fault_of_ours_leaves_the_outcome_unknown_without_its_text(inviting):
    def broken(one, send_until_s):
        raise ZeroDivisionError(one.contact)

    inviting.accounts = {Vendor.DIGIDESK: VendorAccount(ask=broken, per_minute=9)}
    inviting.surveys.errand()

    inviting.decide_and_invite()

    assert inviting.states() == ["unknown"]
    assert inviting.problems() == ["the request failed here: ZeroDivisionError"]


# ---- vendors ------------------------------------------------------------------------------------


def test_a_revoked_key_pauses_one_vendor_and_loses_nothing(inviting):
    for _ in range(3):
        inviting.surveys.errand()
    inviting.accounts = accounts_at(inviting.sandbox.root, password="revoked")
    inviting.decide_and_invite()

    [row] = inviting.surveys.ask("SELECT * FROM feedback.vendor WHERE paused_until IS NOT NULL")
    assert (row["vendor"], row["paused_until"]) == ("digidesk", DUE + MINUTE)
    assert "401" in row["reason"]
    assert inviting.states() == ["due"] * 3

    inviting.accounts = accounts_at(inviting.sandbox.root)
    inviting.invite(DUE + timedelta(seconds=59))
    assert inviting.messages() == []
    inviting.invite(DUE + MINUTE)

    assert inviting.states() == ["triggered"] * 3
    assert inviting.surveys.ask("SELECT paused_until, reason FROM feedback.vendor LIMIT 1") == [
        {"paused_until": None, "reason": None}
    ]


def test_a_paused_vendor_is_tried_with_one_invitation_only(inviting):
    for _ in range(5):
        inviting.surveys.errand()
    inviting.accounts = accounts_at(inviting.sandbox.root, password="revoked")
    inviting.decide_and_invite()
    before = sum(inviting.requests().values())

    inviting.invite(DUE + MINUTE)
    inviting.invite(DUE + MINUTE)

    assert sum(inviting.requests().values()) == before + 1
    assert inviting.states() == ["due"] * 5


def test_while_a_vendor_is_paused_new_errands_go_to_the_next_one(inviting):
    inviting.surveys.errand()
    inviting.accounts = accounts_at(inviting.sandbox.root, password="revoked")
    inviting.decide_and_invite()

    inviting.surveys.errand()
    inviting.decide_and_invite(DUE + timedelta(seconds=30))

    assert inviting.vendors() == ["customer_radar"]
    assert inviting.states() == ["due", "triggered"]


def test_what_a_paused_vendor_kept_waiting_for_too_long_is_withdrawn_as_vendor_off(inviting):
    errand = inviting.surveys.errand()
    inviting.accounts = accounts_at(inviting.sandbox.root, password="revoked")
    inviting.decide_and_invite()

    inviting.invite(START + HOUR + 7 * DAY + MINUTE)

    assert (inviting.states(), inviting.problems()) == (["withdrawn"], ["vendor_off"])
    assert inviting.surveys.outcome(errand) == "vendor_off"


def test_what_a_vendor_without_an_account_kept_waiting_is_withdrawn_as_vendor_off(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.accounts = {}

    inviting.invite(DUE + DAY)
    assert inviting.states() == ["due"]
    inviting.invite(START + HOUR + 7 * DAY + MINUTE)

    assert inviting.surveys.outcome(errand) == "vendor_off"


def test_a_vendor_gets_no_more_invitations_in_any_minute_than_allowed(inviting):
    for _ in range(7):
        inviting.surveys.errand()
    inviting.accounts = accounts_at(inviting.sandbox.root, per_minute=3)
    sent = []

    inviting.surveys.decide(DUE)
    for seconds in (59, 61, 118, 119, 178, 179):
        inviting.invite(DUE + timedelta(seconds=seconds))
        sent.append(len(inviting.messages()))

    assert sent == [3, 3, 3, 6, 6, 7]


def test_fifty_invitations_a_second_at_a_vendor_that_takes_200_milliseconds(inviting):
    for _ in range(150):
        inviting.surveys.errand()
    inviting.surveys.decide(DUE)

    def slow(one, send_until_s):
        time.sleep(0.2)
        return Triggered(remote_id=one.reference)

    inviting.accounts = {Vendor.DIGIDESK: VendorAccount(ask=slow, per_minute=10_000)}
    began = time.monotonic()
    inviting.invite()

    assert inviting.states() == ["triggered"] * 150
    assert 150 / (time.monotonic() - began) > 50


def test_the_password_of_a_vendor_is_in_no_row_and_no_log(inviting, capsys):
    inviting.accounts = accounts_at(inviting.sandbox.root, password="a-revoked-password")
    inviting.surveys.errand()

    inviting.decide_and_invite()

    rows = [*inviting.surveys.ask("SELECT * FROM feedback.vendor"), *inviting.surveys.invitations()]
    logged = "".join(capsys.readouterr())  # where to depends on what ran before
    assert "vendors asked" in logged
    assert "a-revoked-password" not in f"{rows}{logged}"
    assert "@example.org" not in logged


# ---- at most once -------------------------------------------------------------------------------


def test_eight_inviters_at_once_send_each_invitation_once(inviting):
    for _ in range(60):
        inviting.surveys.errand()
    inviting.surveys.decide(DUE)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: inviting.invite(), range(8)))
    inviting.invite()

    assert inviting.states() == ["triggered"] * 60
    assert set(Counter(m["contact"] for m in inviting.messages()).values()) == {1}


def test_of_two_inviters_each_takes_what_the_other_has_not(inviting):
    """The first one stands still within its request; the second sends everything else."""
    first, second = inviting.surveys.errand(), inviting.surveys.errand(START + HOUR + MINUTE)
    inviting.surveys.decide(DUE + MINUTE)
    asked, go_on = threading.Event(), threading.Event()

    def stand_still(one, send_until_s):
        asked.set()
        go_on.wait(20)
        return Triggered(remote_id=None)

    real, still = inviting.accounts, VendorAccount(ask=stand_still, per_minute=9)
    inviting.accounts = {Vendor.DIGIDESK: still}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(inviting.invite, DUE)
        assert asked.wait(20)
        inviting.accounts = real
        inviting.invite(DUE + MINUTE)
        job.mark_abandoned_unknown(inviting.surveys.conn)
        states = inviting.states()
        go_on.set()
        running.result()

    assert states == ["sending", "triggered"]
    assert inviting.states() == ["triggered", "triggered"]
    [message] = inviting.messages()
    assert message["contact"] == f"customer{second}@example.org" != f"customer{first}@example.org"


def test_an_inviter_that_was_killed_leaves_its_invitation_unknown_and_it_is_not_repeated(inviting):
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    command = [sys.executable, "-m", "tests.integration.surveys.dying_inviter"]
    process = subprocess.Popen(
        [*command, inviting.surveys.database, inviting.sandbox.root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        process.kill()
    wait_until_locks_are_free(inviting.surveys.conn)

    inviting.invite(DUE + timedelta(seconds=5))  # the next time that beat asks for it
    inviting.decide_and_invite(DUE + HOUR)

    assert inviting.states() == ["unknown"]
    assert inviting.problems() == ["the worker that asked the vendor has died"]
    assert len(inviting.messages()) == 1


def test_nothing_is_sent_if_the_claim_was_long_ago(inviting, monkeypatch):
    monkeypatch.setattr(job, "SEND_WITHIN_S", 0.0)
    inviting.surveys.errand()

    inviting.decide_and_invite()

    assert (inviting.states(), inviting.messages(), inviting.requests()) == (["due"], [], {})


def test_an_outcome_that_cannot_be_recorded_becomes_unknown(inviting, monkeypatch):
    def fail(*_args, **_more):
        raise psycopg.OperationalError

    monkeypatch.setattr(invitations, "settle", fail)
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)

    with pytest.raises(psycopg.OperationalError):
        inviting.invite()
    job.mark_abandoned_unknown(inviting.surveys.conn)

    assert inviting.states() == ["unknown"]


# ---- the last check -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deleted": True}, "deleted"),
        ({"gone_at": DUE}, "gone"),
    ],
)
def test_what_happened_to_the_errand_since_then_withdraws_the_invitation(inviting, changes, reason):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.change(errand, **changes)

    inviting.invite()

    assert (inviting.states(), inviting.problems()) == (["withdrawn"], [reason])
    assert inviting.surveys.outcome(errand) == reason
    assert inviting.messages() == []


def test_whoever_opted_out_since_then_is_not_invited(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    contact = opt_out.contact_from(f"Customer{errand}@Example.org", inviting.surveys.workspace)
    opt_out.add(inviting.surveys.conn, inviting.surveys.workspace, [contact], source="operator")
    inviting.surveys.ask("UPDATE feedback.invitation SET state = 'due'")  # it was on its way

    inviting.invite()

    assert (inviting.states(), inviting.problems()) == (["withdrawn"], ["opted_out"])
    assert inviting.messages() == []


def test_whoever_opted_out_is_not_invited_after_erasure_and_a_new_errand_either(inviting):
    inviting.surveys.errand(from_address="anna@example.org")
    contact = opt_out.contact_from("anna@example.org", inviting.surveys.workspace)
    opt_out.add(inviting.surveys.conn, inviting.surveys.workspace, [contact], source="operator")
    inviting.surveys.ask("UPDATE feedback.opt_out SET contact = NULL")
    new = inviting.surveys.errand(START + DAY, from_address="ANNA@example.org")

    inviting.decide_and_invite(START + 2 * DAY)

    assert inviting.surveys.outcome(new) == "opted_out"
    assert inviting.messages() == []


def test_an_errand_that_was_reopened_is_not_invited_and_answered_again_at_its_new_moment(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.change(errand, answered=False, closed=False, fetched_at=DUE)
    inviting.decide_and_invite(DUE + MINUTE)
    assert (inviting.states(), inviting.messages()) == ([], [])

    answered = DUE + DAY
    inviting.surveys.change(
        errand, answered=True, closed=True, answered_at=answered, fetched_at=answered
    )
    inviting.decide_and_invite(answered + HOUR - MINUTE)
    assert inviting.messages() == []
    inviting.decide_and_invite(answered + HOUR)

    assert (inviting.states(), len(inviting.messages())) == (["triggered"], 1)


def test_an_errand_that_was_answered_again_is_judged_at_its_new_moment(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.change(errand, answered_at=DUE + MINUTE, fetched_at=DUE + MINUTE)

    inviting.decide_and_invite(DUE + 2 * MINUTE)
    assert (inviting.states(), inviting.messages()) == ([], [])
    inviting.decide_and_invite(DUE + MINUTE + HOUR)

    assert (inviting.states(), len(inviting.messages())) == (["triggered"], 1)


def test_a_rule_that_was_switched_off_sends_nothing_more(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.ask("UPDATE feedback.rule SET off_at = now()")

    inviting.invite()

    assert (inviting.states(), inviting.messages()) == (["withdrawn"], [])
    assert inviting.surveys.outcome(errand) == "no_rule"


def test_a_hold_stops_everything_at_once_and_resuming_goes_on(inviting):
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    holds.hold(inviting.surveys.conn, "demo", reason="too many")

    inviting.invite()
    assert (inviting.states(), inviting.requests()) == (["due"], {})
    holds.resume(inviting.surveys.conn, "demo")
    inviting.invite(DUE + HOUR)

    assert (inviting.states(), len(inviting.messages())) == (["triggered"], 1)


def test_what_was_held_for_too_long_is_withdrawn_as_held(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    holds.hold(inviting.surveys.conn, "demo", reason="too many")

    inviting.invite(START + HOUR + 7 * DAY + MINUTE)

    assert inviting.states() == ["withdrawn"]
    assert inviting.surveys.outcome(errand) == "held"


def test_a_hold_stops_a_run_that_is_under_way(inviting):
    for _ in range(40):
        inviting.surveys.errand()
    inviting.surveys.decide(DUE)

    def hold(one, send_until_s):
        with psycopg.connect(inviting.surveys.database) as conn:
            holds.hold(conn, "demo", reason="too many")
        return Triggered(remote_id=None)

    inviting.accounts = {Vendor.DIGIDESK: VendorAccount(ask=hold, per_minute=10_000)}
    inviting.invite()

    assert Counter(inviting.states()) == {"triggered": job.AT_ONCE, "due": 40 - job.AT_ONCE}


@pytest.mark.parametrize("column", ["system_identifier", "timeline"])
def test_a_database_that_was_restored_invites_nobody_for_what_happened_before_surveys_are_resumed(
    inviting, column
):
    inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.ask(f"UPDATE feedback.restore_mark SET {column} = {column} + 1")

    inviting.invite()
    inviting.invite()
    assert (inviting.states(), inviting.requests()) == (["due"], {})
    assert "restored" in str(holds.held(inviting.surveys.conn, "demo"))
    SurveyActs(conn=inviting.surveys.conn, workspace="demo").resume()
    inviting.surveys.errand()  # that was invited for since the backup, and is fetched again
    inviting.decide_and_invite()

    assert (inviting.states(), inviting.messages()) == (["withdrawn"], [])


@pytest.mark.parametrize(
    ("change", "opening"),
    [
        ("2026-03-29", "2026-03-29 06:00"),  # summer time begins: 08:00 is 06:00 UTC
        ("2026-10-25", "2026-10-25 07:00"),  # and ends: 08:00 is 07:00 UTC
    ],
)
def test_outside_of_the_hours_nothing_is_sent_over_both_changes_of_the_clock(
    surveys, change, opening
):
    surveys.load(brief(more='hours = ["08:00", "20:00"]'), on=("csat",))
    noon = datetime.fromisoformat(f"{change} 12:00").replace(tzinfo=UTC) - DAY
    opens = datetime.fromisoformat(opening).replace(tzinfo=UTC)
    surveys.errand(noon)
    with sandbox_server() as sandbox, ThreadPoolExecutor(1) as threads:
        inviting = Inviting(surveys, sandbox, threads, accounts_at(sandbox.root))
        surveys.decide(noon + HOUR)  # in time, but nobody sends before the evening
        inviting.invite(opens - 4 * HOUR)
        inviting.invite(opens - MINUTE)
        [waiting] = surveys.invitations()
        assert inviting.messages() == []
        inviting.invite(opens)
        sent = len(inviting.messages())

    assert (waiting["state"], waiting["due_at"], sent) == ("due", opens, 1)


def test_what_the_hours_delay_beyond_its_time_is_withdrawn(surveys):
    rule = brief(more='hours = ["08:00", "20:00"]').replace('"7d"', '"10h"')
    surveys.load(rule, on=("csat",))
    errand = surveys.errand(START + 6 * HOUR)
    with sandbox_server() as sandbox, ThreadPoolExecutor(1) as threads:
        inviting = Inviting(surveys, sandbox, threads, accounts_at(sandbox.root))
        surveys.decide(START + 7 * HOUR)
        inviting.invite(START + 12 * HOUR)  # 22:00 in Stockholm; it may be sent until 02:00
        messages = inviting.messages()

    assert (inviting.states(), messages) == (["withdrawn"], [])
    assert surveys.outcome(errand) == "too_late"


def test_an_erased_person_is_not_written_to(inviting):
    errand = inviting.surveys.errand()
    inviting.surveys.decide(DUE)
    inviting.surveys.ask("UPDATE feedback.invitation SET contact = NULL, contact_name = NULL")

    inviting.invite()

    assert inviting.states() == ["withdrawn"]
    assert inviting.surveys.outcome(errand) == "erased"
