"""Pictures of Cention are renewed when their time has come, by one process at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.errors import DocumentError, Fault
from tests.support.waiting import eventually
from workers.clients import errors
from workers.mirrors.jobs.refresh import RefreshResult, refresh, refresh_if_due

API = {"api": "cention"}
OUTAGE = errors.IncompleteResponse("failed on the server", status=500, **API)
REFUSED = errors.Unauthorised("token refused", status=401, **API)
REDIRECTED = errors.Redirected("redirected", status=302, **API)
UNREADABLE = DocumentError(Fault("/data", "must be a list"))


@pytest.fixture
def look(bridge, picture):
    """Look whether the picture has to be renewed; tells how many records came."""

    def once(**pace):
        result = refresh_if_due(picture.plan(**pace), session=bridge.context.session)
        return result.records if result else None

    return once


@pytest.fixture
def past(bridge):
    """Let time pass."""
    return bridge.advance_time


def polls(bridge):
    found = bridge.rows(
        "SELECT found, error, ended_at IS NOT NULL AS ended FROM intake.poll"
        " WHERE family = 'library' ORDER BY poll_id"
    )
    return [(row["found"], row["error"], row["ended"]) for row in found]


def pauses(bridge):
    return [row["reason"] for row in bridge.rows("SELECT reason FROM intake.pause")]


def test_a_picture_that_was_never_renewed_is_due(bridge, picture, look):
    picture.outcomes = [7]

    assert look() == 7
    assert polls(bridge) == [(7, None, True)]


def test_one_that_was_renewed_is_due_after_its_interval_and_not_before(picture, look, past):
    look()
    past(599)
    assert look() is None

    past(2)
    assert look() == 0
    assert picture.renewals == 2


@pytest.mark.parametrize("failure", [OUTAGE, UNREADABLE])
def test_one_that_failed_is_noted_and_tried_again_after_half_a_minute(
    bridge, picture, look, past, failure
):
    picture.outcomes = [failure, 3]

    assert (look(), look()) == (None, None)
    assert picture.renewals == 1
    past(31)
    assert look() == 3
    assert polls(bridge) == [(None, str(failure), True), (3, None, True)]
    assert pauses(bridge) == []


def test_the_waits_of_one_that_keeps_failing_grow_up_to_its_interval(picture, look, past):
    picture.outcomes = [OUTAGE] * 8
    waits = []
    look()
    for failures in range(2, 8):
        waited = 0
        while picture.renewals < failures:
            past(15)
            waited += 15
            look(every_s=400)
        waits.append(waited)

    assert waits == [30, 60, 120, 240, 405, 405]


def test_a_success_forgets_the_failures_before_it(picture, look, past):
    picture.outcomes = [OUTAGE, OUTAGE, OUTAGE, 1, OUTAGE, 2]
    for _ in range(4):
        look()
        past(601)
    look()

    past(31)
    assert look() == 2


def test_one_that_was_renewed_in_part_tells_why_and_waits_for_its_interval(
    bridge, picture, look, past
):
    picture.outcomes = [RefreshResult(records=7, problem="one could not be read"), 8]

    assert look() == 7
    assert polls(bridge) == [(7, "one could not be read", True)]

    past(599)
    assert look() is None
    past(2)
    assert look() == 8


def test_a_failure_after_a_success_is_due_only_when_that_success_is_old(picture, look, past):
    picture.outcomes = [1, OUTAGE, 2]
    look()
    past(601)
    assert look() is None

    past(31)
    assert [look(), look()] == [2, None]


@pytest.mark.parametrize("refusal", [REFUSED, REDIRECTED])
def test_one_that_cention_refuses_is_left_alone_for_a_while_and_resumes_by_itself(
    bridge, picture, look, past, refusal
):
    picture.outcomes = [refusal, refusal, 5]

    assert [look(), look(), look()] == [None, None, None]
    assert picture.renewals == 1
    assert pauses(bridge) == [str(refusal)]

    past(21)
    assert look() is None  # tried, and refused again
    assert picture.renewals == 2
    assert pauses(bridge) == [str(refusal)]

    past(21)
    assert look() == 5
    assert pauses(bridge) == []


def test_of_all_who_look_when_a_pause_is_over_one_tries(bridge, picture, look, past):
    tried = []
    picture.outcomes = [REFUSED, REFUSED]
    look()
    past(21)
    refresh_once = picture.refresh

    def refresh_while_another_checks(session):
        tried.append(look())
        return refresh_once(session)

    picture.refresh = refresh_while_another_checks
    look()

    assert tried == [None]
    assert picture.renewals == 2


def test_a_fault_of_ours_is_noted_by_its_name_alone_and_not_hidden(bridge, picture, look, past):
    picture.outcomes = [KeyError("what a customer wrote"), 1]

    with pytest.raises(KeyError):
        look()

    assert polls(bridge) == [(None, "internal error: KeyError", True)]
    past(31)
    assert look() == 1


def test_asked_for_by_hand_it_is_renewed_though_it_is_not_due_and_tells_its_failure(
    bridge, picture, look
):
    picture.outcomes = [1, 2, OUTAGE]
    look()

    assert refresh(picture.plan(), session=bridge.context.session) == RefreshResult(records=2)
    with pytest.raises(errors.IncompleteResponse):
        refresh(picture.plan(), session=bridge.context.session)


def test_asked_for_by_hand_a_success_ends_the_pause(bridge, picture, look):
    picture.outcomes = [REFUSED, 2]
    look()

    assert refresh(picture.plan(), session=bridge.context.session) == RefreshResult(records=2)
    assert pauses(bridge) == []


@contextmanager
def renewing(bridge) -> Iterator[subprocess.Popen[str]]:
    """Run a renewal in a process of its own until it is in the midst of it."""
    module = "tests.integration.mirrors.refresh.dying_process"
    process = subprocess.Popen(
        [sys.executable, "-m", module, bridge.database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "renewing\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def test_while_one_process_renews_a_picture_no_other_does(bridge, picture, look):
    with renewing(bridge) as process:
        assert look() is None
        assert refresh(picture.plan(), session=bridge.context.session) is None
        assert picture.renewals == 0

        process.communicate("go on\n", timeout=20)

    assert look() is None  # the other has done it
    assert polls(bridge) == [(1, None, True)]


def test_what_a_process_that_was_killed_left_is_renewed_by_the_next_who_looks(
    bridge, picture, look
):
    """Its lock died with its session, and what never ended was no success."""
    picture.outcomes = [4]
    with renewing(bridge) as process:
        process.kill()
        process.wait(20)

    assert eventually(lambda: look() == 4, within_s=5)
    assert polls(bridge) == [(None, None, False), (4, None, True)]
