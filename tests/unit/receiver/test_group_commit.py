"""Callbacks that arrive together are written together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from math import inf

import psycopg
import pytest
from receiver.keeping import GROUP_BYTES, GROUP_MOST, GroupCommit, NotKept, Refused

from tests.support.door import new_callback
from tests.support.waiting import eventually


class Journal:
    """Where groups are written. The first write takes until the tests let go of it."""

    def __init__(self):
        self.groups = []
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.poison = {}

    def hang_up(self):
        self.poison = dict.fromkeys(range(100), psycopg.OperationalError())
        self.may_end.set()

    def write(self, callbacks):
        numbers = [callback.remote_id for callback in callbacks]
        self.groups.append(numbers)
        self.began.set()
        assert self.may_end.wait(30)
        for number in numbers:
            if number in self.poison:
                raise self.poison[number]


class Senders:
    """Threads that keep one callback each."""

    def __init__(self, committer):
        self.committer = committer
        self._threads = ThreadPoolExecutor(32)

    def send(self, number):
        waiting = self.committer.begin(new_callback(number), size_bytes=1)
        return self._threads.submit(waiting.confirm)

    def gathered(self, count):
        """Return once ``count`` callbacks wait to be written."""
        while self.committer._arrived.qsize() < count:
            pass


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def senders(journal):
    return Senders(GroupCommit(journal.write, hang_up=journal.hang_up, within_s=10))


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


def test_where_many_come_at_once_a_group_waits_for_most_of_them(journal):
    patient = GroupCommit(journal.write, hang_up=journal.hang_up, within_s=60, gather_s=60)
    senders = Senders(patient)
    first_is_being_written(senders, journal)
    sent = [senders.send(number) for number in (1, 2, 3, 4)]
    senders.gathered(4)
    journal.may_end.set()
    assert [each.result(10) for each in sent] == [None] * 4

    sent = [senders.send(number) for number in (5, 6, 7, 8)]

    assert [each.result(10) for each in sent] == [None] * 4
    assert sorted(journal.groups[-1]) == [5, 6, 7, 8]


def test_large_callbacks_make_small_groups(senders, journal):
    """Postgres has a second and a half for a statement, however many come at once."""
    first_is_being_written(senders, journal)
    waiting = [
        senders.committer.begin(new_callback(number), size_bytes=size_bytes)
        for number, size_bytes in ((1, GROUP_BYTES // 2), (2, GROUP_BYTES), (3, 10), (4, 10))
    ]

    journal.may_end.set()

    for each in waiting:
        each.confirm()
    assert journal.groups == [[0], [1, 2], [3, 4]]


def test_a_group_that_stays_smaller_than_the_last_is_written_all_the_same(senders, journal):
    sent = [first_is_being_written(senders, journal)]
    sent += [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)
    journal.may_end.set()
    assert [each.result(10) for each in sent] == [None] * 4

    assert senders.send(4).result(10) is None


def test_callbacks_that_come_one_by_one_wait_for_nothing(journal):
    journal.may_end.set()
    senders = Senders(GroupCommit(journal.write, hang_up=journal.hang_up, within_s=60, gather_s=60))

    assert [senders.send(number).result(10) for number in range(3)] == [None] * 3


def test_a_callback_is_not_kept_before_its_commit_has_ended(senders, journal):
    sent = first_is_being_written(senders, journal)

    assert not sent.done()

    journal.may_end.set()
    assert sent.result(10) is None


def test_what_poisons_a_group_fails_alone(senders, journal):
    journal.poison[2] = psycopg.DataError()
    first_is_being_written(senders, journal)
    sent = {number: senders.send(number) for number in (1, 2, 3)}
    senders.gathered(3)

    journal.may_end.set()

    assert sent[1].result(10) is None
    assert sent[3].result(10) is None
    with pytest.raises(Refused):
        sent[2].result(10)


def test_a_database_that_is_down_is_not_asked_once_a_callback(senders, journal):
    journal.poison[2] = psycopg.OperationalError()
    first_is_being_written(senders, journal)
    sent = [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)

    journal.may_end.set()

    assert all(isinstance(each.exception(10), NotKept) for each in sent)
    assert len(journal.groups) == 2


def test_a_database_that_is_down_has_refused_nothing(senders, journal):
    journal.may_end.set()
    journal.poison[1] = psycopg.OperationalError()

    assert type(senders.send(1).exception(10)) is NotKept


def test_once_given_up_nobody_waits_any_longer(senders, journal):
    sent = [first_is_being_written(senders, journal)]
    sent += [senders.send(number) for number in (1, 2, 3)]
    senders.gathered(3)

    senders.committer.give_up()

    assert all(isinstance(each.exception(1), NotKept) for each in sent)
    assert journal.groups == [[0]]


def test_after_a_failure_the_next_callback_is_kept(senders, journal):
    journal.may_end.set()
    journal.poison[1] = psycopg.OperationalError()
    with pytest.raises(NotKept):
        senders.send(1).result(10)

    assert senders.send(2).result(10) is None


def test_a_sender_does_not_wait_longer_than_promised(journal):
    committer = GroupCommit(journal.write, hang_up=journal.hang_up, within_s=0.05)

    with pytest.raises(NotKept):
        committer.begin(new_callback(1), size_bytes=1).confirm()

    journal.may_end.set()


def test_what_nobody_waits_for_any_more_is_not_written(journal):
    """Else an outage would leave a heap of work behind, of callbacks that are sent again."""
    committer = GroupCommit(journal.write, hang_up=journal.hang_up, within_s=0.05)
    for number in (1, 2):
        with pytest.raises(NotKept):
            committer.begin(new_callback(number), size_bytes=1).confirm()

    journal.may_end.set()
    patient = Senders(committer)
    patient.send(3).result(10)

    assert journal.groups == [[1], [3]]


def test_whoever_wants_to_be_told_is_told_once_a_group(senders, journal):
    told = threading.Semaphore(0)
    first_is_being_written(senders, journal)
    waiting = [senders.committer.begin(new_callback(number), size_bytes=1) for number in (1, 2, 3)]
    for each in waiting:
        each.tell(told.release)

    journal.may_end.set()

    assert told.acquire(timeout=10)
    assert [each.done for each in waiting] == [True] * 3
    assert not told.acquire(blocking=False)


def test_whoever_asks_late_to_be_told_is_told_at_once(journal):
    journal.may_end.set()
    committer = GroupCommit(journal.write, hang_up=journal.hang_up)
    waiting = committer.begin(new_callback(1), size_bytes=1)
    waiting.confirm()
    told = []

    waiting.tell(lambda: told.append(waiting.done))

    assert told == [True]


def test_what_is_known_not_to_be_kept_is_worth_no_more_waiting(senders, journal):
    told = threading.Event()
    first_is_being_written(senders, journal)
    waiting = senders.committer.begin(new_callback(1), size_bytes=1)
    waiting.tell(told.set)

    senders.committer.give_up()

    assert told.wait(10)
    assert (waiting.done, waiting.until_s) == (False, -inf)


def test_why_callbacks_were_not_kept_is_told_without_their_content(senders, journal, capsys):
    """Told only once the senders have their answers: a log may be slow."""
    told = []

    def tells(words):
        told.extend(capsys.readouterr())
        return words in "".join(told)

    journal.may_end.set()
    journal.poison[1] = psycopg.DataError("DETAIL: david.liew@test.se")
    with pytest.raises(NotKept):
        senders.send(1).result(10)

    eventually(lambda: tells("callbacks not committed"))
    assert not tells("david.liew")


def test_no_more_are_gathered_than_a_group_can_hold(journal):
    patient = GroupCommit(journal.write, hang_up=journal.hang_up, within_s=60, gather_s=60)
    waiting = [patient.begin(new_callback(0), size_bytes=1)]
    assert journal.began.wait(10)
    waiting += [patient.begin(new_callback(n % 60), size_bytes=1) for n in range(4 * GROUP_MOST)]

    journal.may_end.set()

    for each in waiting:
        each.confirm()
    assert max(map(len, journal.groups)) == GROUP_MOST
