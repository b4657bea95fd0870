"""Mirrors are refreshed when they are due, by one process at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.errors import DocumentError, Fault
from tests.support.eventually import eventually
from workers.clients import errors
from workers.mirrors.jobs.refresh import RefreshResult, refresh, refresh_if_due

API = {"api": "cention"}
OUTAGE = errors.IncompleteResponse("failed on the server", status=500, **API)
REFUSED = errors.Unauthorised("token refused", status=401, **API)
REDIRECTED = errors.Redirected("redirected", status=302, **API)
UNREADABLE = DocumentError(Fault("/data", "must be a list"))


@pytest.fixture
def refresh_if_due_now(bridge, fake_mirror):
    """Refresh the mirror if it is due; return the number of records, or ``None``."""

    def once(**pace):
        result = refresh_if_due(fake_mirror.spec(**pace), session=bridge.context.session)
        return result.records if result else None

    return once


@pytest.fixture
def advance_time(bridge):
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


def test_a_mirror_that_was_never_refreshed_is_due(bridge, fake_mirror, refresh_if_due_now):
    fake_mirror.outcomes = [7]

    assert refresh_if_due_now() == 7
    assert polls(bridge) == [(7, None, True)]


def test_a_refreshed_mirror_is_due_after_its_interval_and_not_before(
    fake_mirror, refresh_if_due_now, advance_time
):
    refresh_if_due_now()
    advance_time(599)
    assert refresh_if_due_now() is None

    advance_time(2)
    assert refresh_if_due_now() == 0
    assert fake_mirror.refreshes == 2


@pytest.mark.parametrize("failure", [OUTAGE, UNREADABLE])
def test_a_failed_refresh_is_recorded_and_retried_after_half_a_minute(
    bridge, fake_mirror, refresh_if_due_now, advance_time, failure
):
    fake_mirror.outcomes = [failure, 3]

    assert (refresh_if_due_now(), refresh_if_due_now()) == (None, None)
    assert fake_mirror.refreshes == 1
    advance_time(31)
    assert refresh_if_due_now() == 3
    assert polls(bridge) == [(None, str(failure), True), (3, None, True)]
    assert pauses(bridge) == []


def test_the_back_off_of_a_failing_mirror_grows_up_to_its_interval(
    fake_mirror, refresh_if_due_now, advance_time
):
    fake_mirror.outcomes = [OUTAGE] * 8
    waits = []
    refresh_if_due_now()
    for failures in range(2, 8):
        waited = 0
        while fake_mirror.refreshes < failures:
            advance_time(15)
            waited += 15
            refresh_if_due_now(every_s=400)
        waits.append(waited)

    assert waits == [30, 60, 120, 240, 405, 405]


def test_a_success_resets_the_back_off(fake_mirror, refresh_if_due_now, advance_time):
    fake_mirror.outcomes = [OUTAGE, OUTAGE, OUTAGE, 1, OUTAGE, 2]
    for _ in range(4):
        refresh_if_due_now()
        advance_time(601)
    refresh_if_due_now()

    advance_time(31)
    assert refresh_if_due_now() == 2


def test_a_partial_refresh_reports_its_problem_and_waits_for_the_interval(
    bridge, fake_mirror, refresh_if_due_now, advance_time
):
    fake_mirror.outcomes = [RefreshResult(records=7, problem="one could not be read"), 8]

    assert refresh_if_due_now() == 7
    assert polls(bridge) == [(7, "one could not be read", True)]

    advance_time(599)
    assert refresh_if_due_now() is None
    advance_time(2)
    assert refresh_if_due_now() == 8


def test_a_failure_after_a_success_is_due_only_when_that_success_is_old(
    fake_mirror, refresh_if_due_now, advance_time
):
    fake_mirror.outcomes = [1, OUTAGE, 2]
    refresh_if_due_now()
    advance_time(601)
    assert refresh_if_due_now() is None

    advance_time(31)
    assert [refresh_if_due_now(), refresh_if_due_now()] == [2, None]


@pytest.mark.parametrize("refusal", [REFUSED, REDIRECTED])
def test_a_mirror_that_cention_refuses_is_paused_and_resumes_by_itself(
    bridge, fake_mirror, refresh_if_due_now, advance_time, refusal
):
    fake_mirror.outcomes = [refusal, refusal, 5]

    assert [refresh_if_due_now(), refresh_if_due_now(), refresh_if_due_now()] == [None, None, None]
    assert fake_mirror.refreshes == 1
    assert pauses(bridge) == [str(refusal)]

    advance_time(21)
    assert refresh_if_due_now() is None  # tried, and refused again
    assert fake_mirror.refreshes == 2
    assert pauses(bridge) == [str(refusal)]

    advance_time(21)
    assert refresh_if_due_now() == 5
    assert pauses(bridge) == []


def test_after_a_pause_one_of_many_processes_tries(
    bridge, fake_mirror, refresh_if_due_now, advance_time
):
    tried = []
    fake_mirror.outcomes = [REFUSED, REFUSED]
    refresh_if_due_now()
    advance_time(21)
    refresh_once = fake_mirror.refresh

    def refresh_while_another_checks(session):
        tried.append(refresh_if_due_now())
        return refresh_once(session)

    fake_mirror.refresh = refresh_while_another_checks
    refresh_if_due_now()

    assert tried == [None]
    assert fake_mirror.refreshes == 2


def test_an_unexpected_error_is_recorded_by_its_name_only_and_raised(
    bridge, fake_mirror, refresh_if_due_now, advance_time
):
    fake_mirror.outcomes = [KeyError("what a customer wrote"), 1]

    with pytest.raises(KeyError):
        refresh_if_due_now()

    assert polls(bridge) == [(None, "internal error: KeyError", True)]
    advance_time(31)
    assert refresh_if_due_now() == 1


def test_a_command_refreshes_a_mirror_that_is_not_due_and_raises_its_failure(
    bridge, fake_mirror, refresh_if_due_now
):
    fake_mirror.outcomes = [1, 2, OUTAGE]
    refresh_if_due_now()

    assert refresh(fake_mirror.spec(), session=bridge.context.session) == RefreshResult(records=2)
    with pytest.raises(errors.IncompleteResponse):
        refresh(fake_mirror.spec(), session=bridge.context.session)


def test_a_refresh_by_command_ends_the_pause(bridge, fake_mirror, refresh_if_due_now):
    fake_mirror.outcomes = [REFUSED, 2]
    refresh_if_due_now()

    assert refresh(fake_mirror.spec(), session=bridge.context.session) == RefreshResult(records=2)
    assert pauses(bridge) == []


@contextmanager
def refreshing(bridge) -> Iterator[subprocess.Popen[str]]:
    """Start a refresh in its own process, and wait until it is under way."""
    module = "tests.integration.mirrors.refresh.dying_process"
    process = subprocess.Popen(
        [sys.executable, "-m", module, bridge.database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "refreshing\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def test_one_process_at_a_time_refreshes_a_mirror(bridge, fake_mirror, refresh_if_due_now):
    with refreshing(bridge) as process:
        assert refresh_if_due_now() is None
        assert refresh(fake_mirror.spec(), session=bridge.context.session) is None
        assert fake_mirror.refreshes == 0

        process.communicate("go on\n", timeout=20)

    assert refresh_if_due_now() is None  # the other process has refreshed it
    assert polls(bridge) == [(1, None, True)]


def test_a_refresh_whose_process_was_killed_is_repeated_by_the_next_check(
    bridge, fake_mirror, refresh_if_due_now
):
    """Its lock ended with its session, and a refresh that never ended is not a success."""
    fake_mirror.outcomes = [4]
    with refreshing(bridge) as process:
        process.kill()
        process.wait(20)

    assert eventually(lambda: refresh_if_due_now() == 4, within_s=5)
    assert polls(bridge) == [(None, None, False), (4, None, True)]
