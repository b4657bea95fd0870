"""Callbacks are stored in files while Postgres is down."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime

import pytest

from receiver import spool as spool_module
from receiver.durable_inbox import StorageUnavailable
from receiver.spool import SpoolFull
from workers.spool import durable_files, record
from workers.spool.layout import BAD, WAITING, spool_status


class Journal:
    """Records every change of the disk by the name of its file."""

    def __init__(self, monkeypatch):
        self.calls = []
        self._names = {}
        for call in ("write", "fsync"):
            monkeypatch.setattr(os, call, self._of_descriptor(call, getattr(os, call)))
        for call in ("mkdir", "rename", "unlink"):
            monkeypatch.setattr(os, call, self._of_path(call, getattr(os, call)))
        monkeypatch.setattr(os, "open", self._open(os.open))

    def _of_descriptor(self, call, real):
        def called(descriptor, *arguments):
            self.calls.append((call, self._names.get(descriptor)))
            return real(descriptor, *arguments)

        return called

    def _of_path(self, call, real):
        def called(path, *arguments):
            self.calls.append((call, os.path.basename(path)))
            return real(path, *arguments)

        return called

    def _open(self, real):
        def called(path, *arguments):
            descriptor = real(path, *arguments)
            self._names[descriptor] = os.path.basename(path)
            return descriptor

        return called


def files(spool):
    return sorted(path.name for path in spool.folder.iterdir())


def failing(code):
    def fail(*_):
        raise OSError(code, "no")

    return fail


def test_a_callback_survives_a_loss_of_power_before_it_is_answered(
    make_spool, new, monkeypatch, tmp_path
):
    """Content before name: otherwise a crash could leave a name without content."""
    spool = make_spool()
    journal = Journal(monkeypatch)

    spool.append(new(1))

    [name] = spool.waiting()
    draft = name + durable_files.DRAFT
    assert journal.calls == [
        ("mkdir", "spool"),
        ("fsync", tmp_path.name),
        ("write", draft),
        ("fsync", draft),
        ("rename", draft),
        ("fsync", "spool"),
    ]


def test_a_quarantined_callback_survives_a_loss_of_power(spool, new, monkeypatch):
    spool.append(new(1))
    [name] = spool.waiting()
    journal = Journal(monkeypatch)

    spool.quarantine(name, "no callback")

    assert journal.calls[-3:] == [("rename", name), ("fsync", BAD), ("fsync", "spool")]


def test_callbacks_wait_in_order_of_arrival_whichever_process_appended_them(make_spool, new):
    one, other = make_spool(), make_spool()
    for number, spool in ((3, one), (1, other), (10, one), (2, one), (2, other)):
        spool.append(new(number))

    stored = [record.load(one.read(name)) for name in other.waiting()]

    assert [callback.remote_id for callback in stored] == [1, 2, 2, 3, 10]


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"text": "Grüße \ud800 \0 \U0001f600"}},
        {"large": 10**300, "small": 1e-300, "minus": -0.0, "empty": {}, "none": None},
        {"deep": [[[[{"a": [True, False]}]]]]},
    ],
)
def test_an_appended_callback_is_read_unchanged(spool, new, document):
    callback = new(1, document=document, event=None, remote_id=None, problem="/data: \ud800")

    spool.append(callback)

    assert record.load(spool.read(spool.waiting()[0])) == callback


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(4096),
        b"{}",
        b"[]",
        b"\xff{",
        b"[" * 100_000,
        b'{"workspace":1,"received_at":"2026-01-01T00:00:00+00:00","event":1,"remote_id":1,'
        b'"body_sha256":"00","document":{},"problem":null}',
        b'{"workspace":"demo","received_at":"2026-01-01T00:00:00","event":1,"remote_id":1,'
        b'"body_sha256":"00","document":{},"problem":null}',
        b'{"workspace":"demo","received_at":"0001-01-01T00:00:00+14:00","event":1,"remote_id":1,'
        b'"body_sha256":"00","document":{},"problem":null}',
    ],
)
def test_an_invalid_file_is_corrupt(content):
    with pytest.raises(record.CorruptSpoolFile):
        record.load(content)


def test_a_truncated_file_is_corrupt(new):
    content = record.dump(new(1))

    for end in range(len(content)):
        with pytest.raises(record.CorruptSpoolFile):
            record.load(content[:end])


def test_only_its_owner_may_read_the_spool(spool, new):
    spool.append(new(1))
    spool.append(new(2))
    spool.quarantine(spool.waiting()[0], "no callback")
    with spool.exclusive():
        pass

    modes = {stat.S_IMODE(path.stat().st_mode) for path in spool.folder.rglob("*")}

    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((spool.folder / BAD).stat().st_mode) == 0o700
    assert modes == {0o600, 0o700}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_when_the_disk_fails_the_callback_is_refused_and_no_part_of_it_is_left(
    spool, new, monkeypatch, code, call
):
    spool.append(new(1))
    before = files(spool)
    with monkeypatch.context() as failing_disk:
        failing_disk.setattr(os, call, failing(code))
        with pytest.raises(StorageUnavailable):
            spool.append(new(2))

    assert files(spool) == before


def test_after_the_disk_has_failed_it_is_tried_again(spool, new, monkeypatch):
    with monkeypatch.context() as failing_disk:
        failing_disk.setattr(os, "fsync", failing(errno.ENOSPC))
        with pytest.raises(StorageUnavailable):
            spool.append(new(1))

    spool.append(new(2))

    assert len(spool.waiting()) == 1


def test_a_file_written_in_small_pieces_is_whole(spool, new, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, rest: real(descriptor, rest[:7]))

    spool.append(new(1))

    assert record.load(spool.read(spool.waiting()[0])) == new(1)


def test_a_full_spool_refuses_until_it_is_drained(make_spool, new, monkeypatch):
    monkeypatch.setattr(spool_module, "CLEAN_UP_PAUSE_FACTOR", 0)
    size = len(record.dump(new(1)))
    spool = make_spool(max_bytes=2 * size + size // 2)  # the digits of their times differ
    spool.append(new(1))
    spool.append(new(2))
    with pytest.raises(StorageUnavailable):
        spool.append(new(3))

    spool.remove(spool.waiting()[0])
    spool.clean_up()
    spool.append(new(4))

    assert len(spool.waiting()) == 2


def test_files_of_earlier_processes_count_as_well(make_spool, new):
    make_spool().append(new(1))

    with pytest.raises(StorageUnavailable):
        make_spool(max_bytes=len(record.dump(new(1)))).append(new(2))


def test_a_draft_that_a_crash_left_behind_is_removed_when_it_is_old(spool, new, make_spool):
    spool.append(new(1))
    old, young = (spool.folder / f"{age}{durable_files.DRAFT}" for age in ("old", "young"))
    for draft in (old, young):
        draft.write_bytes(b"{")
    os.utime(old, (0, 0))

    make_spool()

    assert files(spool) == [*spool.waiting(), young.name]


def test_one_process_at_a_time_may_drain_the_spool(make_spool):
    with make_spool().exclusive() as first, make_spool().exclusive() as second:
        assert (first, second) == (True, False)

    with make_spool().exclusive() as third:
        assert third


def test_the_check_of_a_working_spool_passes_and_leaves_no_file(spool):
    spool.check()

    assert files(spool) == []


def test_the_check_of_a_spool_that_cannot_store_callbacks_fails(make_spool, new, tmp_path):
    with pytest.raises(SpoolFull):
        make_spool(max_bytes=0).check()

    (tmp_path / "spool").write_text("a file where the folder would be")
    with pytest.raises(NotADirectoryError):
        make_spool().check()
    with pytest.raises(StorageUnavailable):
        make_spool().append(new(1))


def test_the_status_counts_files(spool, new):
    for number in (5, 6, 7):
        spool.append(new(number))
    spool.quarantine(spool.waiting()[0], "no callback")
    now = datetime(2026, 1, 1, 0, 0, 16, tzinfo=UTC)

    status = spool_status(spool.folder)

    assert (status.waiting, status.bad) == (2, 1)
    assert status.oldest_s(now) == 10
    paths = [path for path in spool.folder.rglob("*") if path.is_file()]
    assert status.size_bytes == sum(path.stat().st_size for path in paths)


def test_a_missing_spool_has_no_status(tmp_path):
    assert spool_status(tmp_path / "spool") is None


def test_an_empty_spool_has_a_status(tmp_path):
    status = spool_status(tmp_path)

    assert (status.waiting, status.bad, status.size_bytes, status.oldest_at) == (0, 0, 0, None)


def test_a_foreign_name_is_ignored(spool, new):
    spool.append(new(5))
    (spool.folder / f"0{WAITING}").write_bytes(b"")

    assert spool_status(spool.folder).oldest_at == new(5).received_at
