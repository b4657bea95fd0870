"""The spool is drained: each file is removed after its commit, and a bad one blocks no other."""

from __future__ import annotations

import errno

import psycopg
import pytest

from receiver import spool_drain
from receiver.spool_drain import SpoolDrainer
from workers.spool import drain
from workers.spool.layout import BAD


@pytest.fixture
def nudged():
    return []


@pytest.fixture
def drainer(spool, inbox, breaker, nudged):
    return SpoolDrainer(spool, inbox.open, breaker=breaker, notify=nudged.append)


def append(spool, new, *numbers):
    for number in numbers:
        spool.append(new(number))


def quarantined_names(spool):
    return sorted(path.name for path in (spool.folder / BAD).glob("*.json"))


def test_callbacks_are_stored_in_order_of_arrival_and_their_files_removed(
    drainer, spool, inbox, new
):
    append(spool, new, 3, 1, 2)

    drainer.run_once()

    assert inbox.groups == [[1, 2, 3]]
    assert spool.waiting() == []


def test_workers_are_nudged_once_a_workspace(drainer, spool, new, nudged):
    spool.append(new(1))
    spool.append(new(2))
    spool.append(new(3, workspace="other"))

    drainer.run_once()

    assert sorted(nudged) == ["demo", "other"]


def test_no_file_is_removed_before_its_commit(drainer, spool, inbox, new):
    append(spool, new, 1, 2)
    waiting = []
    inbox.committed = lambda: waiting.append(len(spool.waiting()))

    drainer.run_once()

    assert waiting == [2]


def test_many_callbacks_are_committed_in_groups(drainer, spool, inbox, new, monkeypatch):
    monkeypatch.setattr(drain, "MAX_GROUP", 2)
    append(spool, new, 1, 2, 3, 4, 5)

    drainer.run_once()

    assert inbox.groups == [[1, 2], [3, 4], [5]]


def test_large_callbacks_are_committed_in_smaller_groups(drainer, spool, inbox, new, monkeypatch):
    monkeypatch.setattr(drain, "GROUP_BYTES", 1000)
    for number in (1, 2, 3):
        spool.append(new(number, document={"text": "x" * 600}))

    drainer.run_once()

    assert inbox.groups == [[1, 2], [3]]


def test_a_long_run_ends_early_and_reports_that_files_are_left(
    drainer, spool, inbox, new, monkeypatch
):
    monkeypatch.setattr(drain, "MAX_GROUP", 1)
    monkeypatch.setattr(spool_drain, "RUN_MAX_S", 0)
    append(spool, new, 1, 2)

    assert drainer.run_once() is True
    assert inbox.groups == [[1]]


def test_while_postgres_is_down_callbacks_wait(drainer, spool, inbox, breaker, new):
    breaker.trip()
    inbox.down = psycopg.OperationalError()
    append(spool, new, 1)

    with pytest.raises(psycopg.OperationalError):
        drainer.run_once()

    assert len(spool.waiting()) == 1
    assert breaker.is_open


def test_a_commit_resets_the_breaker(drainer, spool, breaker, new):
    breaker.trip()
    append(spool, new, 1)

    drainer.run_once()

    assert not breaker.is_open


def test_postgres_that_cannot_commit_does_not_reset_the_breaker(
    drainer, spool, inbox, breaker, new
):
    """It answers, and accepts an empty group, but its disk hangs."""
    breaker.trip()
    inbox.refused[1] = psycopg.errors.QueryCanceled()
    append(spool, new, 1)

    with pytest.raises(psycopg.OperationalError):
        drainer.run_once()

    assert breaker.is_open


def test_an_open_breaker_is_reset_even_when_the_spool_is_empty(drainer, breaker):
    breaker.trip()

    drainer.run_once()

    assert not breaker.is_open


def test_postgres_is_not_contacted_while_the_breaker_is_closed_and_no_file_waits(drainer, inbox):
    inbox.down = AssertionError("called")

    assert drainer.run_once() is False


def test_a_process_does_not_drain_a_spool_that_another_is_draining(
    drainer, spool, inbox, new, make_spool
):
    append(spool, new, 1)

    with make_spool().exclusive():
        drainer.run_once()

    assert inbox.groups == []


def test_the_progress_of_another_process_resets_the_breaker(
    drainer, spool, breaker, new, make_spool
):
    breaker.trip()
    append(spool, new, 2, 3)
    with make_spool().exclusive():
        drainer.run_once()
        append(spool, new, 1)
        drainer.run_once()
        assert breaker.is_open

        for name in spool.waiting()[:2]:
            spool.remove(name)
        drainer.run_once()

    assert not breaker.is_open


@pytest.mark.parametrize("content", [b"", bytes(100), b'{"workspace":"demo","rec'])
def test_a_truncated_file_is_set_aside_and_those_after_it_are_stored(
    drainer, spool, inbox, new, content, capsys
):
    append(spool, new, 1, 2)
    truncated = spool.waiting()[0]
    (spool.folder / truncated).write_bytes(content)

    drainer.run_once()

    assert inbox.stored == [2]
    assert quarantined_names(spool) == [truncated]
    assert (spool.folder / BAD / truncated).read_bytes() == content
    output = capsys.readouterr()
    assert "spooled callback set aside" in output.out + output.err


def test_a_folder_among_the_files_is_set_aside(drainer, spool, inbox, new):
    append(spool, new, 1)
    (spool.folder / "0.json").mkdir()

    drainer.run_once()

    assert inbox.stored == [1]
    assert quarantined_names(spool) == ["0.json"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_while_the_machine_cannot_open_files_every_callback_waits(
    drainer, spool, inbox, new, monkeypatch, number
):
    """A good callback must not be set aside because the process is out of descriptors."""
    append(spool, new, 1, 2)
    read = spool.read

    def out_of_resources(name):
        raise OSError(number, "out of resources")

    monkeypatch.setattr(spool, "read", out_of_resources)
    with pytest.raises(OSError, match="out of resources"):
        drainer.run_once()
    assert (len(spool.waiting()), quarantined_names(spool)) == (2, [])

    monkeypatch.setattr(spool, "read", read)
    drainer.run_once()
    assert inbox.stored == [1, 2]


def test_a_file_that_cannot_be_read_is_set_aside_with_the_reason(
    drainer, spool, inbox, new, monkeypatch
):
    append(spool, new, 1, 2)
    read, [first, _] = spool.read, spool.waiting()

    def unreadable(name):
        if name == first:
            raise OSError(errno.EIO, "bad sector")
        return read(name)

    monkeypatch.setattr(spool, "read", unreadable)

    drainer.run_once()

    assert (inbox.stored, quarantined_names(spool)) == ([2], [first])
    assert "cannot be read" in (spool.folder / BAD / f"{first}.reason").read_text()


def test_a_file_that_cannot_be_set_aside_blocks_no_other_file(drainer, spool, inbox, new):
    append(spool, new, 1)
    (spool.folder / "0.json").write_bytes(b"")
    (spool.folder / BAD).write_bytes(b"a file where the folder would be")

    drainer.run_once()

    assert inbox.stored == [1]
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
def test_only_callbacks_that_postgres_refuses_are_set_aside_with_the_reason(
    drainer, spool, inbox, new, error, reason, capsys
):
    append(spool, new, 1, 2, 3)
    refused = spool.waiting()[1]
    inbox.refused[2] = error

    drainer.run_once()

    assert inbox.stored == [1, 3]
    assert quarantined_names(spool) == [refused]
    reason_file = (spool.folder / BAD / f"{refused}.reason").read_text()
    output = capsys.readouterr()
    assert reason in reason_file
    assert "david.liew" not in reason_file + output.out + output.err


def test_when_postgres_refuses_everything_no_callback_is_set_aside(drainer, spool, inbox, new):
    append(spool, new, 1, 2)
    inbox.refused = dict.fromkeys((1, 2), psycopg.errors.ReadOnlySqlTransaction())

    def turn_read_only(_):
        inbox.down = psycopg.errors.ReadOnlySqlTransaction()
        raise inbox.down

    real, inbox.write = inbox.write, lambda group: turn_read_only(group) if group else real(group)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        drainer.run_once()

    assert len(spool.waiting()) == 2


def test_a_broken_spool_does_not_keep_the_breaker_open(drainer, spool, breaker, tmp_path):
    breaker.trip()
    (tmp_path / "spool").write_text("a file where the folder would be")

    with pytest.raises(NotADirectoryError):
        drainer.run_once()

    assert not breaker.is_open
