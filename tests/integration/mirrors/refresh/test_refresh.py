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


def test_a_mirror_that_was_never_refreshed_is_due(bridge, picture, look):
    picture.outcomes = [7]

    assert look() == 7
    assert polls(bridge) == [(7, None, True)]


def test_a_refreshed_mirror_is_due_after_its_interval_and_not_before(picture, look, past):
    look()
    past(599)
    assert look() is None

    past(2)
    assert look() == 0
    assert picture.renewals == 2


@pytest.mark.parametrize("failure", [OUTAGE, UNREADABLE])
def test_a_failed_refresh_is_recorded_and_retried_after_half_a_minute(
    bridge, picture, look, past, failure
):
    picture.outcomes = [failure, 3]

    assert (look(), look()) == (None, None)
    assert picture.renewals == 1
    past(31)
    assert look() == 3
    assert polls(bridge) == [(None, str(failure), True), (3, None, True)]
    assert pauses(bridge) == []


def test_the_back_off_of_a_failing_mirror_grows_up_to_its_interval(picture, look, past):
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


def test_a_success_resets_the_back_off(picture, look, past):
    picture.outcomes = [OUTAGE, OUTAGE, OUTAGE, 1, OUTAGE, 2]
    for _ in range(4):
        look()
        past(601)
    look()

    past(31)
    assert look() == 2


def test_a_partial_refresh_reports_its_problem_and_waits_for_the_interval(
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
def test_a_mirror_that_cention_refuses_is_paused_and_resumes_by_itself(
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


def test_after_a_pause_one_of_many_processes_tries(bridge, picture, look, past):
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


def test_an_unexpected_error_is_recorded_by_its_name_only_and_raised(bridge, picture, look, past):
    picture.outcomes = [KeyError("what a customer wrote"), 1]

    with pytest.raises(KeyError):
        look()

    assert polls(bridge) == [(None, "internal error: KeyError", True)]
    past(31)
    assert look() == 1


def test_a_command_refreshes_a_mirror_that_is_not_due_and_raises_its_failure(bridge, picture, look):
    picture.outcomes = [1, 2, OUTAGE]
    look()

    assert refresh(picture.plan(), session=bridge.context.session) == RefreshResult(records=2)
    with pytest.raises(errors.IncompleteResponse):
        refresh(picture.plan(), session=bridge.context.session)


def test_a_refresh_by_command_ends_the_pause(bridge, picture, look):
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


def test_one_process_at_a_time_refreshes_a_mirror(bridge, picture, look):
    with renewing(bridge) as process:
        assert look() is None
        assert refresh(picture.plan(), session=bridge.context.session) is None
        assert picture.renewals == 0

        process.communicate("go on\n", timeout=20)

    assert look() is None  # the other has done it
    assert polls(bridge) == [(1, None, True)]


def test_a_refresh_whose_process_was_killed_is_repeated_by_the_next_check(bridge, picture, look):
    """Its lock died with its session, and what never ended was no success."""
    picture.outcomes = [4]
    with renewing(bridge) as process:
        process.kill()
        process.wait(20)

    assert eventually(lambda: look() == 4, within_s=5)
    assert polls(bridge) == [(None, None, False), (4, None, True)]
