"""The spool trusts what its own user alone can have written, and nothing else stops it."""

from __future__ import annotations

import os
import socket

import pytest

from receiver.durable_inbox import StorageUnavailable
from receiver.spool import Spool
from receiver.spool_drain import SpoolDrainer
from workers.privacy.jobs import find_in_spool
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.spool import quarantine, record, trust
from workers.spool.layout import BAD, DRAFT, LOCK, REASON, spool_status

FIRST = "0000000000000001-a.json"  # older than all callbacks of these tests


@pytest.fixture
def drainer(spool, inbox, breaker):
    return SpoolDrainer(spool, inbox.open, breaker=breaker, notify=lambda _: None)


def a_fifo(path, _):
    os.mkfifo(path)


def a_socket(path, _):
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as endpoint:
            # A socket's path has 107 bytes; this one is short wherever the folder lies.
            endpoint.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def a_symbolic_link(path, forged):
    path.symlink_to(forged)


def a_link_to_nothing(path, forged):
    path.symlink_to(forged.with_name("nothing"))


def a_link_to_a_device(path, _):
    path.symlink_to("/dev/zero")


def a_link_to_itself(path, _):
    path.symlink_to(path)


def a_hard_link(path, forged):
    path.hardlink_to(forged)


def a_folder(path, _):
    (path / "within").mkdir(parents=True)


def a_huge_file(path, _):
    with path.open("wb") as file:
        file.truncate(1 << 40)


def a_file_that_others_may_write(path, forged):
    path.write_bytes(forged.read_bytes())
    path.chmod(0o666)


ODD = [
    a_fifo,
    a_socket,
    a_symbolic_link,
    a_link_to_nothing,
    a_link_to_a_device,
    a_link_to_itself,
    a_hard_link,
    a_folder,
    a_huge_file,
    a_file_that_others_may_write,
]


@pytest.fixture
def forged(tmp_path, new):
    """A callback that is not in the spool."""
    path = tmp_path / "forged"
    path.write_bytes(record.dump(new(666)))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("make", ODD)
def test_what_is_no_plain_file_of_its_owner_is_set_aside_and_others_go_on(
    drainer, spool, inbox, new, forged, make
):
    spool.append(new(1))
    make(spool.folder / FIRST, forged)

    drainer.run_once()
    spool.append(new(2))
    drainer.run_once()

    assert inbox.stored == [1, 2]
    assert spool.waiting() == []
    [aside] = quarantine.quarantined(spool.folder)
    assert (aside.name, aside.reason[:16]) == (FIRST, "cannot be read: ")
    assert spool_status(spool.folder).bad == 1
    assert record.load(forged.read_bytes()) == new(666)


@pytest.mark.parametrize("make", ODD)
def test_a_file_that_was_set_aside_can_be_put_back_and_is_set_aside_again(
    drainer, spool, inbox, new, forged, make
):
    spool.append(new(1))
    make(spool.folder / FIRST, forged)
    drainer.run_once()

    quarantine.requeue(spool.folder, FIRST)
    drainer.run_once()

    assert inbox.stored == [1]
    assert [one.name for one in quarantine.quarantined(spool.folder)] == [FIRST]


def test_a_file_of_another_user_is_set_aside(drainer, spool, inbox, new, monkeypatch):
    spool.append(new(1))
    owner = spool.folder.stat().st_uid
    real = os.fstat

    def of_another(descriptor):
        fields = list(real(descriptor))
        fields[4] = owner + 1
        return os.stat_result(fields)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", of_another)
        drainer.run_once()

    assert inbox.stored == []
    [aside] = quarantine.quarantined(spool.folder)
    assert aside.reason == (
        f"cannot be read: it belongs to user {owner + 1}, not to the owner of the spool"
    )


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o730, 0o707, 0o755, 0o711, 0o701, 0o1777, 0o2770])
def test_a_folder_that_others_may_enter_is_not_used(
    make_spool, new, inbox, breaker, tmp_path, mode, capsys
):
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / FIRST).write_bytes(record.dump(new(666)))
    (tmp_path / "spool").chmod(mode)
    spool = make_spool()

    with pytest.raises(StorageUnavailable):
        spool.append(new(1))
    with pytest.raises(trust.NotTrusted, match="0700"):
        spool.check()
    with pytest.raises(trust.NotTrusted, match="0700"):
        SpoolDrainer(spool, inbox.open, breaker=breaker, notify=lambda _: None).run_once()

    assert inbox.stored == []
    output = capsys.readouterr()
    assert "it has to be 0700" in output.out + output.err


@pytest.mark.parametrize(("name", "mode"), [("downloads", 0o755), ("link", 0o700)])
def test_no_file_is_removed_from_a_folder_that_is_not_used(tmp_path, name, mode):
    folder = tmp_path / "downloads"
    folder.mkdir(mode=mode)
    (tmp_path / "link").symlink_to(folder)
    download = folder / f"film.mkv{DRAFT}"
    download.write_bytes(b"half of a film")
    os.utime(download, (0, 0))

    Spool(tmp_path / name, max_bytes=10**6)

    assert download.read_bytes() == b"half of a film"


def test_a_folder_of_another_user_is_not_used(make_spool, new, monkeypatch):
    make_spool().append(new(1))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(trust.NotTrusted, match="belongs to user"):
        make_spool().check()
    with pytest.raises(StorageUnavailable):
        make_spool().append(new(2))


def test_a_folder_that_is_a_symbolic_link_is_not_used(tmp_path, new):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "spool").symlink_to(tmp_path / "elsewhere")
    spool = Spool(tmp_path / "spool", max_bytes=10**6)

    with pytest.raises(StorageUnavailable):
        spool.append(new(1))

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_of_our_own_is_used(make_spool, new, tmp_path):
    (tmp_path / "spool").mkdir(mode=0o700)

    make_spool().append(new(1))

    assert len(make_spool().waiting()) == 1


@pytest.mark.parametrize("make", [a_symbolic_link, a_fifo, a_folder])
def test_a_folder_bad_that_is_not_ours_gets_no_files_and_blocks_none(
    drainer, spool, inbox, new, tmp_path, make
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    spool.append(new(1))
    make(spool.folder / BAD, elsewhere)
    (spool.folder / BAD).chmod(0o777)
    (spool.folder / FIRST).write_bytes(b"")

    drainer.run_once()

    assert inbox.stored == [1]
    assert spool.waiting() == [FIRST]
    assert list(elsewhere.iterdir()) == []
    assert list(quarantine.quarantined(spool.folder)) == []


def test_a_lock_that_is_a_link_is_not_followed(drainer, spool, new, tmp_path):
    spool.append(new(1))
    (spool.folder / LOCK).symlink_to(tmp_path / "created")

    with pytest.raises(OSError):  # noqa: PT011
        drainer.run_once()

    assert not (tmp_path / "created").exists()


def test_a_reason_that_is_a_fifo_is_not_waited_for(drainer, spool, new):
    spool.append(new(1))
    (spool.folder / FIRST).write_bytes(b"")
    drainer.run_once()
    reason = spool.folder / BAD / f"{FIRST}{REASON}"
    reason.unlink()
    os.mkfifo(reason)

    [aside] = quarantine.quarantined(spool.folder)

    assert aside.reason is None


def test_a_folder_named_as_a_draft_keeps_no_draft_from_being_removed(spool, new, make_spool):
    spool.append(new(1))
    (spool.folder / f"0{DRAFT}").mkdir()
    (spool.folder / f"1{DRAFT}").symlink_to("nothing")
    (spool.folder / f"2{DRAFT}").write_bytes(b"{")
    for number in range(3):
        os.utime(spool.folder / f"{number}{DRAFT}", (0, 0), follow_symlinks=False)

    make_spool()

    assert sorted(path.name for path in spool.folder.glob(f"*{DRAFT}")) == [f"0{DRAFT}"]


def test_a_file_with_holes_does_not_fill_the_spool(make_spool, new):
    spool = make_spool()
    spool.append(new(1))
    a_huge_file(spool.folder / FIRST, None)

    make_spool().append(new(2))

    assert len(spool.waiting()) == 3


@pytest.mark.parametrize("make", ODD)
def test_an_erasure_names_what_it_cannot_read_and_does_not_wait(spool, new, forged, make):
    spool.append(new(1, document={"data": {"from": "ann@c.example"}}))
    make(spool.folder / FIRST, forged)

    person = PersonMatcher("ann@c.example")
    erasure = find_in_spool.erase(spool.folder, person, (), dry_run=False)

    assert (erasure.files, erasure.unreadable) == (1, (FIRST,))
