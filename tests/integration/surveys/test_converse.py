"""CentraCX conducts a survey through our pages; a lost answer is asked about, or replayed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from schemas.surveys.centracx import Question, QuestionKind
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import Surveys
from tests.integration.surveys.conversing import PASSWORD, RULES, Conversing, vendors_at
from workers.clients.surveys.centracx import CentracxApi, Started
from workers.surveys.jobs import converse as job
from workers.surveys.store import conversations, holds
from workers.surveys.store.conversations import Settled

FUND, RECOMMEND, COMMENT = "You recently switched", "How likely are you", "What could we do"
START, REPLY, STATUS = "centracx.start", "centracx.reply", "centracx.status"


@pytest.fixture
def conversing(surveys: Surveys) -> Iterator[Conversing]:
    surveys.load(RULES.format(survey=2), on=("csat",))
    with sandbox_server() as sandbox, ThreadPoolExecutor(job.AT_ONCE) as threads:
        yield Conversing(surveys, sandbox, threads, vendors_at(sandbox.root))


@pytest.fixture
def begun(conversing: Conversing) -> int:
    """A survey whose first question is asked."""
    session = conversing.begin()
    conversing.converse()
    return session


def test_a_survey_that_was_begun_gets_its_first_question(conversing):
    session = conversing.begin()

    result = conversing.converse()

    row = conversing.session(session)
    [at_vendor] = conversing.at_vendor()
    assert result == job.ConverseResult(turns=1, more=False)
    assert row["question"]["text"].startswith(FUND)
    assert row["question"]["choices"][0] == {
        "id": 48,
        "text": "Discussion with family and friends",
        "value": "1",
    }
    assert (row["remote_id"], row["state"]) == (at_vendor["session_id"], "open")
    assert (row["tries"], row["sent_by"], row["asked"]) == (1, None, [row["question"]])


def test_each_answer_brings_the_next_question_until_the_survey_is_complete(conversing, begun):
    for choice, following in ((1, RECOMMEND), (9, COMMENT)):
        conversing.answer(begun, choice=choice)
        conversing.converse()
        assert conversing.text_of(begun).startswith(following)
    conversing.answer(begun, choice="Tre veckor utan svar 😤")
    conversing.converse()

    row = conversing.session(begun)
    [at_vendor] = conversing.at_vendor()
    assert (row["state"], row["question"], row["problem"]) == ("complete", None, None)
    assert row["completed_at"] is not None
    assert conversing.forwarded(begun) == ["taken", "taken", "taken"]
    assert [list(reply.values())[1] for reply in at_vendor["replies"]] == [
        *(47, 111, "Tre veckor utan svar 😤")
    ]


def test_an_empty_answer_does_not_end_the_survey(conversing, begun):
    for choice in (0, 0, ""):
        conversing.answer(begun, choice=choice)
        conversing.converse()

    assert conversing.session(begun)["state"] == "complete"


def test_many_customers_are_served_at_once(conversing):
    begun = [conversing.begin() for _ in range(10)]
    conversing.fault("latency", START, seconds=0.5)

    at = time.monotonic()
    conversing.converse()

    assert time.monotonic() - at < 3  # one after another it would be five seconds
    assert all(conversing.text_of(session) for session in begun)


def test_nothing_is_asked_while_no_customer_waits(conversing, begun):
    assert conversing.converse() == job.ConverseResult(turns=0, more=False)
    assert len(conversing.at_vendor()) == 1


# ---- what may be lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reply_lost", "sent_then_500", "sent_then_dropped"])
def test_a_lost_last_answer_that_arrived_completes_the_survey(conversing, begun, fault):
    for choice in (0, 0):
        conversing.answer(begun, choice=choice)
        conversing.converse()
    conversing.answer(begun, choice="Nothing")
    conversing.fault(fault, REPLY)
    conversing.converse()

    assert conversing.session(begun)["state"] == "complete"
    assert conversing.forwarded(begun) == ["taken"] * 3
    [at_vendor] = conversing.at_vendor()
    assert len(at_vendor["replies"]) == 3


@pytest.mark.parametrize("fault", ["reply_lost", "dropped", "error_500", "truncated"])
def test_after_a_lost_answer_all_are_replayed_in_one_new_session(conversing, begun, fault):
    conversing.answer(begun, choice=2)
    conversing.converse()
    conversing.answer(begun, choice=3)
    conversing.fault(fault, REPLY, times=1)
    conversing.converse()

    row = conversing.session(begun)
    _, second = conversing.at_vendor()
    assert row["question"]["text"].startswith(COMMENT)
    assert (row["state"], row["tries"], row["remote_id"]) == ("open", 2, second["session_id"])
    assert conversing.forwarded(begun) == ["taken", "taken"]
    assert [reply["answer_id"] for reply in second["replies"]] == [81, 117]


def test_a_replay_of_other_questions_leaves_the_survey_stuck_and_keeps_the_answers(
    conversing, begun
):
    conversing.answer(begun, choice=2)
    conversing.surveys.ask(
        "UPDATE feedback.session SET asked = jsonb_set(asked, '{0,choices,0,text}', '\"Other\"')"
    )
    conversing.fault("reply_lost", REPLY, times=1)
    conversing.converse()

    row = conversing.session(begun)
    assert row["state"] == "stuck"
    assert "other questions" in row["problem"]
    assert conversing.forwarded(begun) == ["unknown"]
    assert conversing.surveys.ask("SELECT choice_id FROM feedback.answer") == [{"choice_id": 81}]


def test_answers_that_are_lost_again_and_again_leave_the_survey_stuck(conversing, begun):
    conversing.answer(begun, choice=2)
    conversing.fault("reply_lost", REPLY)
    conversing.converse()

    row = conversing.session(begun)
    assert (row["state"], row["tries"]) == ("stuck", 3)
    assert len(conversing.at_vendor()) == 3


def test_a_lost_start_is_repeated_and_bounded(conversing):
    session = conversing.begin()
    conversing.fault("sent_then_dropped", START)
    conversing.converse()

    row = conversing.session(session)
    assert (row["state"], row["tries"]) == ("stuck", 3)
    assert len(conversing.at_vendor()) == 3


def test_a_status_that_cannot_be_had_is_asked_for_again(conversing, begun):
    conversing.answer(begun, choice=2)
    conversing.fault("reply_lost", REPLY, times=1)
    conversing.fault("error_500", STATUS)
    conversing.converse()
    assert conversing.session(begun)["state"] == "open"

    conversing.no_faults()
    conversing.move(begun, "20 seconds")
    conversing.converse()

    assert conversing.text_of(begun).startswith(RECOMMEND)


def test_what_a_dead_worker_was_handing_over_is_asked_about_and_replayed(conversing, begun):
    conversing.answer(begun, choice=2)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.integration.surveys.dying_converser"),
            *(conversing.surveys.database, conversing.sandbox.root),
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "asked\n"
    assert conversing.forwarded(begun) == ["sending"]
    assert conversing.converse() == job.ConverseResult(turns=0, more=False)  # it is alive
    process.kill()
    process.communicate()
    at = time.monotonic()
    conversing.converse()

    assert time.monotonic() - at < 15
    assert conversing.text_of(begun).startswith(RECOMMEND)
    assert conversing.forwarded(begun) == ["taken"]
    first, second = conversing.at_vendor()
    assert [len(one["replies"]) for one in (first, second)] == [1, 1]


def test_a_worker_whose_survey_was_given_to_another_records_nothing_of_it(conversing, begun):
    conversing.answer(begun, choice=2)
    late, other = uuid4(), uuid4()
    for run in (late, other):
        conversing.surveys.ask("UPDATE feedback.session SET sent_by = NULL")
        conversations.claim(conversing.surveys.conn, "demo", "centracx", run=run, limit=1)

    said = Settled(forwarded="no", positions=[1], state="stuck", remote_id="another")
    conversations.settle(conversing.surveys.conn, "demo", begun, said, run=late)

    assert conversing.forwarded(begun) == ["sending"]
    row = conversing.session(begun)
    assert (row["sent_by"], row["state"]) == (other, "open")


def test_what_workers_that_died_may_have_begun_counts_so_that_no_survey_is_begun_without_end(
    conversing,
):
    session = conversing.begin()
    for _ in range(3):
        run = uuid4()
        conversations.claim(conversing.surveys.conn, "demo", "centracx", run=run, limit=1)
        conversations.release_abandoned(conversing.surveys.conn, run)
    conversing.converse()

    assert conversing.session(session)["state"] == "stuck"
    assert conversing.at_vendor() == []


def test_only_what_may_have_begun_a_session_counts_as_one(conversing, begun):
    conversing.answer(begun, choice=2)
    begins = []
    for _ in range(2):  # the first hands the answer over, the second may have replayed it
        run = uuid4()
        conversations.claim(conversing.surveys.conn, "demo", "centracx", run=run, limit=1)
        conversations.release_abandoned(conversing.surveys.conn, run)
        begins.append(conversing.session(begun)["tries"])

    assert begins == [1, 2]


# ---- vendors that refuse, or are away ------------------------------------------------------------


def test_a_question_that_we_cannot_ask_leaves_the_survey_stuck(conversing):
    session = conversing.begin(survey=3)
    conversing.converse()
    conversing.answer(session, choice=5)
    conversing.converse()

    row = conversing.session(session)
    assert row["state"] == "stuck"
    assert "Rank Order" in row["problem"]
    assert conversing.forwarded(session) == ["taken"]


def test_a_refused_answer_leaves_the_survey_stuck(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.fault("error_in_200", REPLY)
    conversing.converse()

    assert conversing.session(begun)["state"] == "stuck"
    assert conversing.forwarded(begun) == ["refused"]


def test_a_survey_that_the_vendor_does_not_have_is_stuck(conversing):
    session = conversing.begin(survey=99)
    conversing.converse()

    row = conversing.session(session)
    assert (row["state"], row["remote_id"]) == ("stuck", None)


def test_a_session_that_gets_the_id_of_another_one_is_stuck_and_the_other_goes_on(
    conversing, monkeypatch
):
    first, second = conversing.begin(), conversing.begin()
    question = Question(text="Whose?", kind=QuestionKind.TEXT)
    started = Started(session_id="of one customer", question=question)
    monkeypatch.setattr(CentracxApi, "start", lambda *_, **__: started)

    conversing.converse()

    rows = sorted((conversing.session(one) for one in (first, second)), key=lambda r: r["state"])
    assert [(row["state"], row["remote_id"]) for row in rows] == [
        ("open", "of one customer"),
        ("stuck", None),
    ]
    assert rows[1]["problem"] == "the vendor gave the id of another session"
    assert rows[1]["question"] is None


def test_a_fault_of_ours_leaves_its_survey_stuck_and_the_answer_unknown_and_no_other(
    conversing, begun, monkeypatch
):
    conversing.answer(begun, choice=1)
    other = conversing.begin()

    def reply(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(CentracxApi, "reply", reply)
    conversing.converse()

    row = conversing.session(begun)
    assert (row["state"], row["problem"]) == (
        "stuck",
        "the request failed here: ZeroDivisionError",
    )
    assert conversing.forwarded(begun) == ["unknown"]
    assert conversing.text_of(other).startswith(FUND)


def test_a_busy_vendor_is_asked_again_after_the_wait(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.fault("busy", REPLY, times=1)
    conversing.converse()
    assert conversing.forwarded(begun) == ["no"]

    conversing.move(begun, "20 seconds")
    conversing.converse()
    assert conversing.forwarded(begun) == ["taken"]


def test_a_revoked_key_pauses_the_vendor_until_a_probe_succeeds(conversing, begun):
    conversing.answer(begun, choice=0)
    good, conversing.accounts = (
        conversing.accounts,
        vendors_at(conversing.sandbox.root, password="revoked"),
    )
    conversing.converse()
    [pause] = conversing.surveys.ask("SELECT * FROM feedback.vendor")
    conversing.accounts = good
    conversing.converse()
    assert (pause["vendor"], conversing.forwarded(begun)) == ("centracx", ["no"])
    assert "revoked" not in pause["reason"]

    conversing.move(begun, "60 seconds")
    conversing.converse()

    assert conversing.forwarded(begun) == ["taken"]
    [pause] = conversing.surveys.ask("SELECT * FROM feedback.vendor")
    assert pause["paused_until"] is None


@pytest.mark.parametrize(("password", "paused"), [(PASSWORD, False), ("revoked", True)])
def test_a_vendor_that_refused_us_is_tried_although_nobody_waits(conversing, password, paused):
    conversing.surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason)"
        " VALUES ('demo', 'centracx', now() - interval '1 second', 'refused')"
    )
    conversing.accounts = vendors_at(conversing.sandbox.root, password=password)

    conversing.converse()

    [row] = conversing.surveys.ask("SELECT *, paused_until > now() AS paused FROM feedback.vendor")
    assert bool(row["paused"]) is paused
    assert "revoked" not in (row["reason"] or "")
    assert conversing.at_vendor() == []


def test_a_survey_that_its_customer_left_is_partial_once_its_link_has_expired(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.converse()
    assert conversations.end_left(conversing.surveys.conn) == 0

    conversing.surveys.ask("UPDATE feedback.invitation SET expires_at = now()")
    conversations.end_left(conversing.surveys.conn)

    row = conversing.session(begun)
    assert (row["state"], row["question"]) == ("partial", None)
    assert conversing.forwarded(begun) == ["taken"]


def test_a_customer_who_waits_too_long_is_thanked_and_nothing_is_lost(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.fault("busy", REPLY)
    conversing.converse()
    conversing.move(begun, "3 minutes")
    conversing.converse()  # once more
    conversing.move(begun, "1 minute")
    conversing.surveys.ask("UPDATE feedback.session SET not_before = now() + interval '1 hour'")
    conversing.converse()

    row = conversing.session(begun)
    assert row["state"] == "stuck"
    assert row["problem"].startswith("the customer waited too long: ")
    assert conversing.forwarded(begun) == ["no"]


def test_a_customer_who_comes_while_the_vendor_has_asked_us_to_wait_does_not_wait_for_it(
    conversing,
):
    conversing.surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, not_before)"
        " VALUES ('demo', 'centracx', now() + interval '1 hour')"
    )
    session = conversing.begin()
    conversing.surveys.ask("UPDATE feedback.session SET started_at = now() - interval '3 minutes'")

    conversing.converse()

    assert conversing.session(session)["state"] == "stuck"


def test_after_a_restore_a_customer_does_not_wait_until_surveys_are_resumed(conversing, begun):
    conversing.answer(begun, choice=0)
    holds.hold(conversing.surveys.conn, "demo", reason=holds.RESTORED)
    conversing.move(begun, "3 minutes")

    conversing.converse()

    assert conversing.session(begun)["state"] == "stuck"
    assert conversing.forwarded(begun) == ["no"]


def test_without_an_account_a_customer_does_not_wait_for_ever(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.accounts = {}
    conversing.converse()
    assert conversing.session(begun)["state"] == "open"

    conversing.move(begun, "3 minutes")
    conversing.converse()

    assert conversing.session(begun)["state"] == "stuck"


def test_a_customer_who_has_just_answered_has_not_waited_since_the_survey_began(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.accounts = {}
    conversing.surveys.ask("UPDATE feedback.session SET started_at = now() - interval '3 minutes'")

    conversing.converse()

    assert conversing.session(begun)["state"] == "open"


def test_a_customer_who_waited_long_for_a_worker_is_still_asked(conversing):
    session = conversing.begin()
    conversing.surveys.ask("UPDATE feedback.session SET started_at = now() - interval '3 minutes'")

    conversing.converse()

    row = conversing.session(session)
    assert (row["state"], row["question"] is None) == ("open", False)


def test_a_vendor_that_hangs_holds_up_nobody_elses_customers(conversing):
    for _ in range(job.AT_ONCE + 4):
        conversing.begin()
    conversing.fault("latency", START, seconds=2)
    dialog = conversing.dialog()

    with ThreadPoolExecutor(1) as other:
        running = other.submit(conversing.converse)
        while not conversing.surveys.ask("SELECT FROM feedback.session WHERE sent_by IS NOT NULL"):
            pass
        chat = conversing.chat(dialog)
        at = time.monotonic()
        while not conversing.session(chat)["verified"]:
            assert time.monotonic() - at < 1.5
        running.result()


def test_whoever_comes_while_others_are_served_does_not_wait_for_them(conversing):
    conversing.begin()
    conversing.fault("latency", START, seconds=2, times=1)
    with ThreadPoolExecutor(1) as other:
        running = other.submit(conversing.converse)
        while not conversing.surveys.ask("SELECT FROM feedback.session WHERE sent_by IS NOT NULL"):
            pass
        late = conversing.begin()
        at = time.monotonic()
        while conversing.text_of(late) is None:
            assert time.monotonic() - at < 1.5
        running.result()


def test_no_more_is_asked_in_a_minute_than_is_allowed(conversing):
    conversing.accounts = vendors_at(conversing.sandbox.root, per_minute=2)
    for _ in range(5):
        conversing.begin()
    conversing.converse()

    assert len(conversing.at_vendor()) in (2, 4)  # 4 if a minute has begun meanwhile


def test_requests_of_a_clock_that_was_put_back_do_not_count(conversing):
    conversing.accounts = vendors_at(conversing.sandbox.root, per_minute=2)
    conversing.surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, asked) VALUES ('demo', 'centracx',"
        " array_fill(now() + interval '1 hour', ARRAY[2]))"
    )
    session = conversing.begin()

    conversing.converse()

    assert conversing.text_of(session) is not None


def test_after_a_restore_nothing_is_handed_over(conversing, begun):
    conversing.answer(begun, choice=0)
    holds.hold(conversing.surveys.conn, "demo", reason=holds.RESTORED)
    conversing.converse()

    assert conversing.forwarded(begun) == ["no"]


def test_the_secret_is_in_no_row(conversing, begun):
    conversing.answer(begun, choice=0)
    conversing.fault("error_500", REPLY)
    conversing.converse()

    rows = conversing.surveys.ask("SELECT s::text AS row FROM feedback.session AS s")
    assert "sandbox-survey-password" not in str(rows)
