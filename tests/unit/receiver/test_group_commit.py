"""Callbacks that arrive together are committed together."""

from __future__ import annotations

import threading

import psycopg
import pytest

from receiver.group_commit import (
    GROUP_BYTES,
    MAX_GROUP,
    CommitFailed,
    GroupCommit,
    RejectedByDatabase,
)
from tests.support.eventually import eventually
from tests.support.receiver_app import new_callback


class Journal:
    """Records the groups that are written. The first write lasts until the test ends it."""

    def __init__(self):
        self.groups = []
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.failures = {}

    def abort(self):
        self.failures = dict.fromkeys(range(100), psycopg.OperationalError())
        self.may_end.set()

    def write(self, callbacks):
        numbers = [callback.remote_id for callback in callbacks]
        self.groups.append(numbers)
        self.began.set()
        assert self.may_end.wait(30)
        for number in numbers:
            if number in self.failures:
                raise self.failures[number]


class Senders:
    """Senders of one callback each."""

    def __init__(self, committer):
        self.committer = committer

    def send(self, number):
        return self.committer.submit(new_callback(number), size_bytes=1)

    def gathered(self, count):
        """Return once ``count`` callbacks wait to be written."""
        while len(self.committer._arrived) < count:
            pass


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def senders(journal):
    return Senders(GroupCommit(journal.write, abort=journal.abort))


def first_is_being_written(senders, journal):
    sent = senders.send(0)
    assert journal.began.wait(10)
    return sent


def test_what_arrives_during_a_commit_shares_the_next_one(senders, journal):
    sent = [first_is_being_written(senders, journal)]
    sent += [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)

    journal.may_end.set()

    assert [each.result(10) for each in sent] == [None] * 4
    assert [sorted(group) for group in journal.groups] == [[0], [1, 2, 3]]


def test_where_many_arrive_at_once_a_group_waits_for_most_of_them(journal):
    slow_gatherer = GroupCommit(journal.write, abort=journal.abort, gather_s=60)
    senders = Senders(slow_gatherer)
    first_is_being_written(senders, journal)
    sent = [senders.send(number) for number in (1, 2, 3, 4)]
    senders.gathered(4)
    journal.may_end.set()
    assert [each.result(10) for each in sent] == [None] * 4

    sent = [senders.send(number) for number in (5, 6, 7, 8)]

    assert [each.result(10) for each in sent] == [None] * 4
    assert sorted(journal.groups[-1]) == [5, 6, 7, 8]


def test_large_callbacks_make_small_groups(senders, journal):
    """A statement must end within a second and a half, however many callbacks arrive at once."""
    first_is_being_written(senders, journal)
    waiting = [
        senders.committer.submit(new_callback(number), size_bytes=size_bytes)
        for number, size_bytes in ((1, GROUP_BYTES // 2), (2, GROUP_BYTES), (3, 10), (4, 10))
    ]

    journal.may_end.set()

    for each in waiting:
        each.result(10)
    assert journal.groups == [[0], [1, 2], [3, 4]]


def test_a_group_that_stays_smaller_than_the_last_is_written_after_a_wait(senders, journal):
    sent = [first_is_being_written(senders, journal)]
    sent += [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)
    journal.may_end.set()
    assert [each.result(10) for each in sent] == [None] * 4

    assert senders.send(4).result(10) is None


def test_callbacks_that_arrive_one_by_one_are_written_at_once(journal):
    journal.may_end.set()
    senders = Senders(GroupCommit(journal.write, abort=journal.abort, gather_s=60))

    assert [senders.send(number).result(10) for number in range(3)] == [None] * 3


def test_a_future_has_no_result_before_the_commit_has_ended(senders, journal):
    sent = first_is_being_written(senders, journal)

    assert not sent.done()

    journal.may_end.set()
    assert sent.result(10) is None


def test_a_callback_that_postgres_refuses_fails_alone(senders, journal):
    journal.failures[2] = psycopg.DataError()
    first_is_being_written(senders, journal)
    sent = {number: senders.send(number) for number in (1, 2, 3)}
    senders.gathered(3)

    journal.may_end.set()

    assert sent[1].result(10) is None
    assert sent[3].result(10) is None
    with pytest.raises(RejectedByDatabase):
        sent[2].result(10)


def test_a_database_that_is_down_is_tried_once_a_group(senders, journal):
    journal.failures[2] = psycopg.OperationalError()
    first_is_being_written(senders, journal)
    sent = [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)

    journal.may_end.set()

    assert all(isinstance(each.exception(10), CommitFailed) for each in sent)
    assert len(journal.groups) == 2


def test_a_database_that_is_down_rejects_nothing(senders, journal):
    journal.may_end.set()
    journal.failures[1] = psycopg.OperationalError()

    assert type(senders.send(1).exception(10)) is CommitFailed


def test_pending_commits_can_be_failed_at_once(senders, journal):
    sent = [first_is_being_written(senders, journal)]
    sent += [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)

    senders.committer.fail_pending()

    assert all(isinstance(each.exception(1), CommitFailed) for each in sent)
    assert journal.groups == [[0]]


def test_after_a_failure_the_next_callback_is_committed(senders, journal):
    journal.may_end.set()
    journal.failures[1] = psycopg.OperationalError()
    with pytest.raises(CommitFailed):
        senders.send(1).result(10)

    assert senders.send(2).result(10) is None


def test_a_cancelled_callback_is_not_written(senders, journal):
    first_is_being_written(senders, journal)
    second = senders.committer.submit(new_callback(2), size_bytes=1)
    third = senders.send(3)
    senders.gathered(2)

    assert second.cancel()
    journal.may_end.set()
    third.result(10)

    assert journal.groups == [[0], [3]]


def test_a_callback_that_is_being_written_can_no_longer_be_cancelled(senders, journal):
    first = first_is_being_written(senders, journal)

    assert not first.cancel()

    journal.may_end.set()
    assert first.result(10) is None


def test_the_log_says_why_a_commit_failed_without_its_content(senders, journal, capsys):
    """It is written after the results are set: a log may be slow."""
    written = []

    def has_written(words):
        written.extend(capsys.readouterr())
        return words in "".join(written)

    journal.may_end.set()
    journal.failures[1] = psycopg.DataError("DETAIL: david.liew@test.se")
    with pytest.raises(CommitFailed):
        senders.send(1).result(10)

    eventually(lambda: has_written("callbacks not committed"))
    assert not has_written("david.liew")


def test_no_more_are_gathered_than_a_group_can_hold(journal):
    slow_gatherer = GroupCommit(journal.write, abort=journal.abort, gather_s=60)
    waiting = [slow_gatherer.submit(new_callback(0), size_bytes=1)]
    assert journal.began.wait(10)
    waiting += [
        slow_gatherer.submit(new_callback(n % 60), size_bytes=1) for n in range(4 * MAX_GROUP)
    ]

    journal.may_end.set()

    for each in waiting:
        each.result(10)
    assert max(map(len, journal.groups)) == MAX_GROUP
