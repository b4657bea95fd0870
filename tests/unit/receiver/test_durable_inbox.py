"""Postgres is tried first, and not again while it is known to be down."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from receiver.circuit_breaker import CircuitBreaker
from receiver.durable_inbox import DurableInbox, StorageUnavailable
from receiver.group_commit import CommitFailed, RejectedByDatabase


class Committer:
    """Commits at once, fails, or leaves a callback pending."""

    def __init__(self):
        self.submitted = []
        self.futures = []
        self.failure = None
        self.is_silent = False
        self.failed_pending = 0

    def submit(self, callback, *, size_bytes):
        self.submitted.append(callback)
        future = Future()
        self.futures.append(future)
        if self.failure:
            future.set_exception(self.failure)
        elif not self.is_silent:
            future.set_result(None)
        return future

    def fail_pending(self):
        self.failed_pending += 1


@pytest.fixture
def committer():
    return Committer()


@pytest.fixture
def spooled():
    return []


@pytest.fixture
def breaker():
    return CircuitBreaker()


@pytest.fixture
def inbox(committer, spooled, breaker):
    return DurableInbox(committer, spooled.append, breaker, within_s=0.05)


def test_a_committed_callback_is_not_spooled(inbox, spooled):
    inbox.store("callback", size_bytes=1).result()

    assert spooled == []


def test_a_callback_that_postgres_does_not_store_is_spooled(inbox, committer, spooled):
    committer.failure = CommitFailed()

    inbox.store("callback", size_bytes=1).result()

    assert spooled == ["callback"]


def test_a_callback_that_postgres_does_not_store_in_time_is_spooled_and_not_written_later(
    inbox, committer, spooled
):
    """Otherwise writes of callbacks that are in the spool would remain after an outage."""
    committer.is_silent = True

    inbox.store("callback", size_bytes=1).result()

    assert spooled == ["callback"]
    assert committer.futures[0].cancelled()


def test_after_one_failure_postgres_is_not_tried_until_it_is_back(
    inbox, committer, spooled, breaker
):
    committer.failure = CommitFailed()
    for callback in "abc":
        inbox.store(callback, size_bytes=1).result()
    assert (committer.submitted, spooled) == (["a"], ["a", "b", "c"])

    committer.failure = None
    breaker.reset()
    inbox.store("d", size_bytes=1).result()

    assert (committer.submitted, spooled) == (["a", "d"], ["a", "b", "c"])


def test_a_callback_for_the_spool_has_no_commit_to_wait_for(inbox, breaker):
    breaker.trip()

    assert inbox.store("a", size_bytes=1).commit is None


def test_the_first_failure_fails_all_that_wait(inbox, committer):
    committer.failure = CommitFailed()
    pending = [inbox.store(callback, size_bytes=1) for callback in "ab"]

    for each in pending:
        each.result()

    assert committer.failed_pending == 1


def test_a_callback_that_postgres_refuses_is_spooled_and_others_are_not(inbox, committer, spooled):
    committer.failure = RejectedByDatabase()
    inbox.store("a", size_bytes=1).result()
    committer.failure = None
    inbox.store("b", size_bytes=1).result()

    assert (committer.submitted, spooled) == (["a", "b"], ["a"])


def test_a_callback_that_can_be_stored_nowhere_fails(committer, breaker):
    def full(_):
        raise StorageUnavailable

    committer.failure = CommitFailed()

    with pytest.raises(StorageUnavailable):
        DurableInbox(committer, full, breaker).store("a", size_bytes=1).result()
