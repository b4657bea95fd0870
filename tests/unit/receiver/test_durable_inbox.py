"""Postgres is asked first, and not again while it is known to be away."""

from __future__ import annotations

import pytest
from receiver.breaker import Breaker
from receiver.keeping import NotKept, Refused
from receiver.safekeeping import Safekeeping


class Committer:
    """Keeps callbacks, or fails as told, as soon as it is asked to confirm."""

    def __init__(self):
        self.asked = []
        self.failure = None
        self.given_up = 0

    def begin(self, callback, *, size_bytes):
        self.asked.append(callback)
        return self

    def confirm(self):
        if self.failure:
            raise self.failure

    def give_up(self):
        self.given_up += 1


@pytest.fixture
def committer():
    return Committer()


@pytest.fixture
def spooled():
    return []


@pytest.fixture
def breaker():
    return Breaker()


@pytest.fixture
def keeping(committer, spooled, breaker):
    return Safekeeping(committer, spooled.append, breaker)


def test_what_postgres_takes_is_not_spooled(keeping, spooled):
    keeping.begin("callback", size_bytes=1).confirm()

    assert spooled == []


def test_what_postgres_does_not_take_in_time_is_spooled(keeping, committer, spooled):
    committer.failure = NotKept()

    keeping.begin("callback", size_bytes=1).confirm()

    assert spooled == ["callback"]


def test_after_one_failure_postgres_is_not_asked_until_it_is_back(
    keeping, committer, spooled, breaker
):
    committer.failure = NotKept()
    for callback in "abc":
        keeping.begin(callback, size_bytes=1).confirm()
    assert (committer.asked, spooled) == (["a"], ["a", "b", "c"])

    committer.failure = None
    breaker.close()
    keeping.begin("d", size_bytes=1).confirm()

    assert (committer.asked, spooled) == (["a", "d"], ["a", "b", "c"])


def test_the_first_failure_is_the_failure_of_all_who_wait(keeping, committer, breaker):
    committer.failure = NotKept()
    keeping.begin("a", size_bytes=1).confirm()
    keeping.begin("b", size_bytes=1).confirm()

    assert committer.given_up == 1


def test_a_callback_that_postgres_refuses_is_spooled_and_others_are_not(
    keeping, committer, spooled
):
    committer.failure = Refused()
    keeping.begin("a", size_bytes=1).confirm()
    committer.failure = None
    keeping.begin("b", size_bytes=1).confirm()

    assert (committer.asked, spooled) == (["a", "b"], ["a"])


def test_what_can_be_stored_nowhere_is_not_kept(committer, breaker):
    def full(_):
        raise NotKept

    committer.failure = NotKept()

    with pytest.raises(NotKept):
        Safekeeping(committer, full, breaker).begin("a", size_bytes=1).confirm()
