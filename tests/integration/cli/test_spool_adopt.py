"""`cention spool adopt`: the spool of a dead machine is emptied by another one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from receiver.spool import Spool
from tests.integration.receiver.receiver_process import serving
from tests.support.eventually import eventually
from tests.support.receiver_app import new_callback
from workers.spool import folder_lock
from workers.spool.layout import BAD, DRAFT
from workers.sync.store import callbacks

ROOT = Path(__file__).parents[3]


@pytest.fixture
def spool(terminal, tmp_path):
    """The spool of a dead machine, in which six callbacks wait."""
    spool = Spool(tmp_path / "disk" / "spool", max_bytes=1 << 20)
    for number in range(1, 7):
        spool.append(new_callback(number))
    return spool


@pytest.fixture
def inbox(database):
    """Return a function that reads which callbacks are in the inbox."""
    with psycopg.connect(database, autocommit=True) as conn:

        def read():
            found = conn.execute("SELECT remote_id FROM intake.callback ORDER BY callback_id")
            return [row[0] for row in found.fetchall()]

        yield read


def start(*words):
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def adopting(folder):
    return start("-m", "workers.cli", "spool", "adopt", folder)


def is_locked(folder):
    with folder_lock.exclusive(folder) as locked:
        return not locked


def test_callbacks_are_stored_in_order_of_arrival_and_nothing_is_left(terminal, spool, inbox):
    result = terminal.run("spool", "adopt", spool.folder)

    assert result.stdout.splitlines() == [
        "6 callbacks of demo stored, and removed from there.",
        f"Nothing is left in {spool.folder}.",
    ]
    assert result.exit_code == 0
    assert inbox() == [1, 2, 3, 4, 5, 6]
    assert spool.waiting() == []


def test_their_times_are_not_corrected_by_the_clock_of_the_machine_that_takes_them(
    terminal, spool, database, monkeypatch
):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(minutes=3)

    monkeypatch.setattr(callbacks, "datetime", Wrong)

    assert terminal.run("spool", "adopt", spool.folder).exit_code == 0

    with psycopg.connect(database) as conn:
        found = conn.execute("SELECT received_at FROM intake.callback ORDER BY callback_id")
        assert [row[0] for row in found] == [new_callback(n).received_at for n in range(1, 7)]


def test_what_the_dead_machine_had_set_aside_is_tried_too(terminal, spool, inbox):
    spool.quarantine(spool.oldest(), "Postgres refused it")

    assert terminal.run("spool", "adopt", spool.folder).exit_code == 0

    assert sorted(inbox()) == [1, 2, 3, 4, 5, 6]
    assert list((spool.folder / BAD).iterdir()) == []


def test_callbacks_of_another_workspace_stay_until_the_settings_name_it(
    terminal, spool, inbox, monkeypatch
):
    spool.append(new_callback(7, workspace="other"))

    first = terminal.run("spool", "adopt", spool.folder)

    assert first.exit_code == 1
    assert "no workspace 'other' in the settings" in first.stdout
    assert "keep the disk" in first.stderr
    assert inbox() == [1, 2, 3, 4, 5, 6]
    monkeypatch.setenv("CENTION_WORKSPACE", "other")
    assert "1 callback of other stored" in terminal.run("spool", "adopt", spool.folder).stdout
    assert inbox() == [1, 2, 3, 4, 5, 6, 7]


def test_hostile_names_and_foreign_files_are_named_and_stay_as_they_are(terminal, spool, inbox):
    folder = spool.folder
    draft = folder / f"{spool.oldest()}{DRAFT}"
    draft.touch()
    (folder / "package.json").write_text('{"name": "foreign"}')
    (folder / "\x1b[31mred\n.json").write_text("{")
    (folder / os.fsdecode(b"\xff.json")).write_text("[]")
    (folder / "-rf").touch()
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "fifo.json")
    (folder / "link.json").symlink_to("/etc/passwd")
    (folder / "orphan.json.reason").touch()
    (folder / BAD).symlink_to("/etc")
    foreign = set(os.listdir(folder)) - {file for file in os.listdir(folder) if "-0" in file}

    result = terminal.run("spool", "adopt", folder)

    assert result.exit_code == 1
    assert inbox() == [1, 2, 3, 4, 5, 6]
    assert "\x1b" not in result.output
    said = [" ".join(line.split()) for line in result.stdout.splitlines()[2:]]
    assert said == [
        "3 \\x1b[31mred\\n.json The file is not a callback.",
        "1 folder.json cannot be read: Is a directory",
        "2 fifo.json cannot be read: it is no plain file",
        "1 bad cannot be used: it is a symbolic link; name the folder itself",
        "1 -rf no file of a spool",
        f"1 {draft.name} unfinished, so it was never acknowledged",
    ]
    assert foreign < set(os.listdir(folder))


def test_a_folder_that_others_may_enter_or_that_is_missing_is_not_used(terminal, spool, inbox):
    spool.folder.chmod(0o755)

    open_to_others = terminal.run("spool", "adopt", spool.folder)
    missing = terminal.run("spool", "adopt", spool.folder / "missing")

    assert "its mode is 0755" in open_to_others.stderr
    assert "No such file or directory" in missing.stderr
    assert (open_to_others.exit_code, missing.exit_code) == (1, 1)
    assert inbox() == []


def test_a_callback_that_postgres_refuses_stays_and_the_others_are_stored(
    terminal, spool, inbox, database
):
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("ALTER TABLE intake.callback ADD CONSTRAINT test CHECK (remote_id <> 3)")

    result = terminal.run("spool", "adopt", spool.folder)

    assert "refused: CheckViolation 23514" in result.stdout
    assert inbox() == [1, 2, 4, 5, 6]
    assert len(spool.waiting()) == 1


def test_without_postgres_everything_stays(terminal, spool, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/cention")

    result = terminal.run("spool", "adopt", spool.folder)

    assert result.exit_code == 1
    assert result.stdout == "No callback was taken.\n"
    assert len(spool.waiting()) == 6


@pytest.mark.parametrize(("number", "left"), [(1, 6), (4, 4)])
def test_killed_between_its_commit_and_the_removal_of_a_file_it_doubles_nothing(
    terminal, spool, inbox, number, left
):
    script = "tests.integration.cli.dying_adopter"
    killed = start("-m", script, number, "spool", "adopt", spool.folder)

    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert inbox() == [1, 2, 3, 4, 5, 6]
    assert len(spool.waiting()) == left

    assert terminal.run("spool", "adopt", spool.folder).exit_code == 0
    assert inbox() == [1, 2, 3, 4, 5, 6]
    assert spool.waiting() == []


def test_of_two_adopters_one_says_that_the_other_works_and_one_that_is_killed_loses_nothing(
    terminal, spool, inbox, database
):
    with psycopg.connect(database) as blocker:
        blocker.execute("LOCK TABLE intake.callback")
        first = adopting(spool.folder)
        eventually(lambda: is_locked(spool.folder))

        second = terminal.run("spool", "adopt", spool.folder)
        first.kill()
        first.communicate(timeout=60)

    assert second.exit_code == 1
    assert "Another process is emptying the spool" in second.stderr
    assert inbox() == []
    assert len(spool.waiting()) == 6
    assert terminal.run("spool", "adopt", spool.folder).exit_code == 0
    assert inbox() == [1, 2, 3, 4, 5, 6]


def test_beside_a_receiver_that_empties_the_same_spool_each_callback_is_stored_once(
    terminal, spool, inbox, tmp_path, database
):
    settings = {"SPOOL_DIR": str(spool.folder), "DATABASE_URL": database}
    with psycopg.connect(database) as blocker:
        blocker.execute("LOCK TABLE intake.callback")
        with serving(tmp_path, settings):
            blocker.rollback()
            process = adopting(spool.folder)
            said, problem = process.communicate(timeout=60)
            eventually(lambda: not spool.waiting())

    assert process.returncode == 0 or "Another process" in problem, said
    assert sorted(inbox()) == [1, 2, 3, 4, 5, 6]
