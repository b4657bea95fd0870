"""The spool empties itself, each file after its commit, and nothing blocks those behind it."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from receiver.breaker import Breaker
from receiver.emptying import Emptier

from receiver import emptying
from workers.spool.layout import BAD


class Inbox:
    """Where callbacks are brought; it can be away, or refuse some of them."""

    def __init__(self):
        self.groups = []
        self.away = None
        self.refused = {}
        self.committed = lambda: None

    @contextmanager
    def open(self):
        if self.away:
            raise self.away
        yield self.write

    def write(self, callbacks):
        if self.away:
            raise self.away
        numbers = [callback.remote_id for callback in callbacks]
        for number in numbers:
            if number in self.refused:
                raise self.refused[number]
        if numbers:
            self.groups.append(numbers)
            self.committed()

    @property
    def brought(self):
        return [number for group in self.groups for number in group]


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def breaker():
    return Breaker()


@pytest.fixture
def nudged():
    return []


@pytest.fixture
def emptier(spool, inbox, breaker, nudged):
    return Emptier(spool, inbox.open, breaker=breaker, announce=nudged.append)


def put(spool, new, *numbers):
    for number in numbers:
        spool.put(new(number))


def bad(spool):
    return sorted(path.name for path in (spool.folder / BAD).glob("*.json"))


def test_callbacks_are_brought_in_order_of_arrival_and_their_files_removed(
    emptier, spool, inbox, new
):
    put(spool, new, 3, 1, 2)

    emptier.look()

    assert inbox.groups == [[1, 2, 3]]
    assert spool.waiting() == []


def test_workers_are_nudged_once_a_workspace(emptier, spool, new, nudged):
    spool.put(new(1))
    spool.put(new(2))
    spool.put(new(3, workspace="other"))

    emptier.look()

    assert sorted(nudged) == ["demo", "other"]


def test_no_file_is_removed_before_its_commit(emptier, spool, inbox, new):
    put(spool, new, 1, 2)
    waiting = []
    inbox.committed = lambda: waiting.append(len(spool.waiting()))

    emptier.look()

    assert waiting == [2]


def test_many_callbacks_are_brought_in_groups(emptier, spool, inbox, new, monkeypatch):
    monkeypatch.setattr(emptying, "GROUP_MOST", 2)
    put(spool, new, 1, 2, 3, 4, 5)

    emptier.look()

    assert inbox.groups == [[1, 2], [3, 4], [5]]


def test_large_callbacks_are_brought_in_smaller_groups(emptier, spool, inbox, new, monkeypatch):
    monkeypatch.setattr(emptying, "GROUP_BYTES", 1000)
    for number in (1, 2, 3):
        spool.put(new(number, document={"text": "x" * 600}))

    emptier.look()

    assert inbox.groups == [[1, 2], [3]]


def test_a_long_pass_ends_early_and_says_that_there_is_more(
    emptier, spool, inbox, new, monkeypatch
):
    monkeypatch.setattr(emptying, "GROUP_MOST", 1)
    monkeypatch.setattr(emptying, "PASS_S", 0)
    put(spool, new, 1, 2)

    assert emptier.look() is True
    assert inbox.groups == [[1]]


def test_while_postgres_is_away_callbacks_wait(emptier, spool, inbox, breaker, new):
    breaker.open()
    inbox.away = psycopg.OperationalError()
    put(spool, new, 1)

    with pytest.raises(psycopg.OperationalError):
        emptier.look()

    assert len(spool.waiting()) == 1
    assert breaker.is_open


def test_a_commit_shows_that_postgres_is_back(emptier, spool, breaker, new):
    breaker.open()
    put(spool, new, 1)

    emptier.look()

    assert not breaker.is_open


def test_postgres_that_cannot_commit_is_not_taken_to_be_back(emptier, spool, inbox, breaker, new):
    """It answers, and even takes nothing at all, but its disk hangs."""
    breaker.open()
    inbox.refused[1] = psycopg.errors.QueryCanceled()
    put(spool, new, 1)

    with pytest.raises(psycopg.OperationalError):
        emptier.look()

    assert breaker.is_open


def test_postgres_is_asked_for_even_with_nothing_to_bring(emptier, breaker):
    breaker.open()

    emptier.look()

    assert not breaker.is_open


def test_postgres_is_left_alone_while_it_is_there_and_nothing_waits(emptier, inbox):
    inbox.away = AssertionError("asked")

    assert emptier.look() is False


def test_a_process_that_may_not_empty_leaves_it_to_the_other(
    emptier, spool, inbox, new, make_spool
):
    put(spool, new, 1)

    with make_spool().emptying():
        emptier.look()

    assert inbox.groups == []


def test_a_process_sees_by_the_progress_of_the_other_that_postgres_is_back(
    emptier, spool, breaker, new, make_spool
):
    breaker.open()
    put(spool, new, 2, 3)
    with make_spool().emptying():
        emptier.look()
        put(spool, new, 1)
        emptier.look()
        assert breaker.is_open

        for name in spool.waiting()[:2]:
            spool.remove(name)
        emptier.look()

    assert not breaker.is_open


@pytest.mark.parametrize("content", [b"", bytes(100), b'{"workspace":"demo","rec'])
def test_a_torn_file_is_set_aside_and_those_behind_it_are_brought(
    emptier, spool, inbox, new, content, capsys
):
    put(spool, new, 1, 2)
    torn = spool.waiting()[0]
    (spool.folder / torn).write_bytes(content)

    emptier.look()

    assert inbox.brought == [2]
    assert bad(spool) == [torn]
    assert (spool.folder / BAD / torn).read_bytes() == content
    told = capsys.readouterr()
    assert "spooled callback set aside" in told.out + told.err


def test_what_is_no_file_is_set_aside(emptier, spool, inbox, new):
    put(spool, new, 1)
    (spool.folder / "0.json").mkdir()

    emptier.look()

    assert inbox.brought == [1]
    assert bad(spool) == ["0.json"]


def test_what_cannot_even_be_set_aside_blocks_nobody(emptier, spool, inbox, new):
    put(spool, new, 1)
    (spool.folder / "0.json").write_bytes(b"")
    (spool.folder / BAD).write_bytes(b"a file where the folder would be")

    emptier.look()

    assert inbox.brought == [1]
    assert spool.waiting() == ["0.json"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.errors.UntranslatableCharacter("david.liew@test.se"), "22P05"),
        (psycopg.errors.ProgramLimitExceeded("david.liew@test.se"), "54000"),
        (psycopg.errors.InternalError_("david.liew@test.se"), "XX000"),
        (OverflowError("david.liew@test.se"), "OverflowError"),
    ],
)
def test_only_what_postgres_refuses_is_set_aside_and_with_its_reason(
    emptier, spool, inbox, new, error, reason, capsys
):
    put(spool, new, 1, 2, 3)
    refused = spool.waiting()[1]
    inbox.refused[2] = error

    emptier.look()

    assert inbox.brought == [1, 3]
    assert bad(spool) == [refused]
    said = (spool.folder / BAD / f"{refused}.reason").read_text()
    told = capsys.readouterr()
    assert reason in said
    assert "david.liew" not in said + told.out + told.err


def test_a_postgres_that_refuses_everything_is_at_fault_itself(emptier, spool, inbox, new):
    put(spool, new, 1, 2)
    inbox.refused = dict.fromkeys((1, 2), psycopg.errors.ReadOnlySqlTransaction())

    def turn_read_only(_):
        inbox.away = psycopg.errors.ReadOnlySqlTransaction()
        raise inbox.away

    real, inbox.write = inbox.write, lambda group: turn_read_only(group) if group else real(group)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        emptier.look()

    assert len(spool.waiting()) == 2


def test_a_spool_that_is_broken_does_not_hide_that_postgres_is_back(
    emptier, spool, breaker, tmp_path
):
    breaker.open()
    (tmp_path / "spool").write_text("a file where the folder would be")

    with pytest.raises(NotADirectoryError):
        emptier.look()

    assert not breaker.is_open
