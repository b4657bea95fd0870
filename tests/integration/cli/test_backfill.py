"""`cention backfill`: errands of past days are found with exports, and fetched."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.cli.conftest import Bridge
from tests.support.eventually import eventually
from workers.clients.cention.exports import ExportsApi
from workers.config.names import Family, Queue

pytestmark = pytest.mark.usefixtures("one_day")

REPORTS = Family.ERRAND_REPORTS


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Stockholm")).date()


def format_day(day: date) -> str:
    return day.strftime("%Y/%m/%d")


def days_ago(days: int) -> str:
    return format_day(today() - timedelta(days=days))


def command(first: int, last: int, *more: str) -> tuple[str, ...]:
    """Return a backfill of the days from ``first`` to ``last`` days ago."""
    return ("backfill", "--preset", "316", "--from", days_ago(first), "--to", days_ago(last), *more)


def wanted(bridge: Bridge) -> list[int]:
    rows = bridge.rows("SELECT remote_id FROM intake.wanted WHERE family = %s", REPORTS)
    return sorted(row["remote_id"] for row in rows)


def days_done(bridge: Bridge) -> list[date]:
    return [row["day"] for row in bridge.rows("SELECT day FROM intake.backfilled ORDER BY day")]


@pytest.fixture
def old_errand(cention):
    """Create an errand that arrived the given number of days ago, and return its id."""

    def make(days: int) -> int:
        errand = cention.new_errand()
        cention.control("exports/move", {"errand_id": errand, "days": days})
        return errand

    return make


@pytest.fixture
def exported_days(cention):
    """The days of the exports that were requested, in order."""

    def read() -> list[tuple[str, str]]:
        return [
            (one["errand_from_date"], one["errand_to_date"])
            for one in cention.control("truth/exports").values()
        ]

    return read


def test_errands_of_past_days_are_found_chunk_by_chunk_and_wanted(
    terminal, bridge, old_errand, exported_days
):
    old_errand(25)
    ids = sorted([old_errand(20), old_errand(12), old_errand(11), old_errand(5)])

    result = terminal.run(*command(20, 5))

    assert result.exit_code == 0
    assert exported_days() == [
        (days_ago(20), days_ago(13)),
        (days_ago(13), days_ago(6)),
        (days_ago(6), days_ago(4)),
    ]
    assert wanted(bridge) == ids
    assert days_done(bridge) == [today() - timedelta(days=n) for n in range(20, 4, -1)]
    assert bridge.nudges(Queue.FETCH) == 3
    assert {r["origin"] for r in bridge.rows("SELECT origin FROM cention.export_run")} == {
        "backfill"
    }


def test_days_shared_by_two_chunks_are_requested_twice_and_their_errands_wanted_once(
    terminal, bridge, old_errand, cention
):
    """It is not documented whether an export includes its last day."""
    errand = old_errand(7)
    terminal.run(*command(9, 8))
    assert wanted(bridge) == [errand]
    bridge.fetch(REPORTS)

    result = terminal.run(*command(9, 5, "--chunk", "1d", "--again"))
    progress = [line for line in result.stdout.splitlines() if ": 1 errand." in line]

    assert [line.split(" to ")[0] for line in progress] == [days_ago(8)]
    assert "1 errand wanted." in result.stdout


def test_progress_and_an_estimate_are_printed(terminal, old_errand):
    old_errand(12)
    old_errand(10)

    result = terminal.run(*command(20, 5))

    lines = result.stdout.splitlines()
    assert lines[0].startswith(
        f"{days_ago(20)} to {days_ago(14)}: 0 errands. 7 of 16 days; at this pace about "
    )
    assert lines[1].startswith(
        f"{days_ago(13)} to {days_ago(7)}: 2 errands. 14 of 16 days; at this pace"
    )
    assert lines[2] == f"{days_ago(6)} to {days_ago(5)}: 0 errands. 16 of 16 days."
    assert lines[3].startswith("2 errands wanted.")
    assert result.stderr.startswith("16 days to go, in 3 exports.\n")


def test_no_more_is_wanted_while_too_many_reports_are_due(
    terminal, bridge, old_errand, exported_days
):
    first, second = old_errand(5), old_errand(3)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(terminal.run, *command(5, 3, "--chunk", "1d", "--max-due", "0"))
        assert eventually(lambda: wanted(bridge) == [first])
        assert len(exported_days()) == 1
        while not running.done():
            bridge.fetch(REPORTS)

    result = running.result()
    assert result.exit_code == 0
    assert "Waiting until at most 0 reports are due" in result.stderr
    bridge.fetch(REPORTS)
    stored = bridge.rows("SELECT errand_id FROM cention.errand ORDER BY errand_id")
    assert [row["errand_id"] for row in stored] == [first, second]


@pytest.mark.parametrize(("chunk", "number"), [("1d", 14), ("7d", 2), ("2w", 1), ("5", 3)])
def test_a_chunk_has_the_length_of_the_option(terminal, exported_days, chunk, number):
    terminal.run(*command(14, 1, "--chunk", chunk))

    assert len(exported_days()) == number


@pytest.mark.parametrize("chunk", ["0d", "7y", "d", "-1d"])
def test_a_chunk_that_is_not_a_number_of_days_is_wrong_usage(terminal, chunk):
    assert terminal.run(*command(14, 1, f"--chunk={chunk}")).exit_code == 2


def test_a_second_run_continues_where_the_first_stopped(
    terminal, bridge, cention, old_errand, exported_days
):
    ids = sorted([old_errand(20), old_errand(12), old_errand(5)])
    terminal.run(*command(20, 14))
    cention.control("faults", {"unauthorised": {"times": 1}})

    stopped = terminal.run(*command(20, 5))
    gone_on = terminal.run(*command(20, 5))

    assert stopped.exit_code == 1
    assert "token refused" in stopped.stderr
    assert "To continue, run the same command again." in stopped.stderr
    assert gone_on.stderr.startswith("7 days already done.\n9 days to go, in 2 exports.\n")
    assert exported_days() == [
        (days_ago(20), days_ago(13)),
        (days_ago(13), days_ago(6)),
        (days_ago(6), days_ago(4)),
    ]
    assert wanted(bridge) == ids


def test_a_chunk_with_an_unknown_outcome_is_left_to_the_next_run(
    terminal, bridge, cention, old_errand, exported_days
):
    errand = old_errand(3)
    cention.control("faults", {"dropped": {"times": 1}})

    stopped = terminal.run(*command(5, 2))
    assert (days_done(bridge), wanted(bridge), len(exported_days())) == ([], [], 1)
    terminal.run(*command(5, 2))

    assert stopped.exit_code == 1
    assert "may have made the export" in stopped.stderr
    assert wanted(bridge) == [errand]
    states = bridge.rows("SELECT state FROM cention.export_run ORDER BY run_id")
    assert [row["state"] for row in states] == ["unknown", "done"]


def test_an_interrupted_backfill_says_how_to_continue(terminal, bridge, old_errand, monkeypatch):
    errand = old_errand(3)
    with monkeypatch.context() as patch:
        patch.setattr(ExportsApi, "run", lambda api, order: signal.raise_signal(signal.SIGINT))
        stopped = terminal.run(*command(5, 2))

    assert stopped.exit_code == 1
    assert "Interrupted. Cention may still be making the export" in stopped.stderr
    assert "To continue, run the same command again." in stopped.stderr
    assert terminal.run(*command(5, 2)).exit_code == 0
    assert wanted(bridge) == [errand]
    states = bridge.rows("SELECT state FROM cention.export_run ORDER BY run_id")
    assert [row["state"] for row in states] == ["unknown", "done"]


def test_a_chunk_that_is_too_large_can_be_requested_in_smaller_ones(
    terminal, bridge, cention, environment, old_errand, exported_days
):
    ids = sorted(old_errand(days) for days in (4, 3, 2, 1))
    environment.setenv("EXPORT_MAX_BYTES", "2500")

    assert "EXPORT_MAX_BYTES" in terminal.run(*command(4, 1)).stderr
    assert terminal.run(*command(4, 1, "--chunk", "1d")).exit_code == 0

    assert wanted(bridge) == ids


def test_a_finished_backfill_does_nothing_without_again(terminal, exported_days):
    terminal.run(*command(20, 5))

    again = terminal.run(*command(20, 5))
    inside = terminal.run(*command(11, 6, "--chunk", "3d"))
    before = len(exported_days())
    told_to = terminal.run(*command(20, 5, "--again"))

    assert again.stdout.startswith("All of these days are done.")
    assert inside.stdout.startswith("All of these days are done.")
    assert (before, len(exported_days())) == (3, 6)
    assert told_to.exit_code == 0


def test_days_of_closure_are_separate_from_days_of_arrival(terminal, cention, exported_days):
    terminal.run(*command(3, 1))
    terminal.run(*command(3, 1, "--by-closure"))

    kinds = [one["use_closure_date"] for one in cention.control("truth/exports").values()]
    assert kinds == [False, True]


def test_today_is_requested_but_not_done_before_it_is_over(
    terminal, bridge, errands, exported_days
):
    ids = errands(2)

    terminal.run(*command(1, 0))
    terminal.run("backfill", "--preset", "316", "--from", days_ago(0), "--to", days_ago(-30))

    assert exported_days() == [(days_ago(1), days_ago(0)), (days_ago(0), days_ago(0))]
    assert days_done(bridge) == [today() - timedelta(days=1)]
    assert wanted(bridge) == sorted(ids)


@pytest.mark.parametrize(
    ("days", "message"), [((-1, -2), "is in the future"), ((1, 2), "after its last")]
)
def test_impossible_days_are_wrong_usage(terminal, exported_days, days, message):
    result = terminal.run(*command(*days))

    assert result.exit_code == 2
    assert message in result.stderr
    assert exported_days() == []


def test_stored_rows_do_not_change_until_the_errand_is_fetched_again(
    terminal, bridge, cention, errands
):
    """A report is newer than an export, which only names the errands."""
    [errand] = errands(1)
    bridge.fetch(REPORTS)
    before = bridge.rows("SELECT * FROM cention.errand")
    landed = bridge.rows("SELECT * FROM intake.landed")

    terminal.run(*command(1, 0))

    assert wanted(bridge) == [errand]
    assert bridge.rows("SELECT * FROM cention.errand") == before
    assert bridge.rows("SELECT * FROM intake.landed") == landed


def test_errands_that_are_found_are_fetched(terminal, bridge, old_errand, cention):
    ids = sorted([old_errand(20), old_errand(12)])
    for errand in ids:
        cention.api(f"c3_errand_reports/{errand}")  # clears its change flag
    assert cention.dirty_errands() == []

    terminal.run(*command(20, 5))
    bridge.fetch(REPORTS)

    stored = bridge.rows("SELECT errand_id FROM cention.errand ORDER BY errand_id")
    assert [row["errand_id"] for row in stored] == ids


def test_a_record_that_waits_for_a_retry_keeps_its_due_time(terminal, bridge, old_errand):
    errand = old_errand(3)
    bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, tries, due_at, parked_at)"
        " VALUES ('demo', %s, %s, 12, now() + interval '1 h', now())",
        REPORTS,
        errand,
    )
    before = bridge.rows("SELECT * FROM intake.wanted")

    terminal.run(*command(5, 2))

    assert bridge.rows("SELECT * FROM intake.wanted") == before


def test_if_wanting_the_errands_of_an_export_fails_its_days_are_not_done(
    terminal, bridge, old_errand
):
    old_errand(5)
    bridge.execute("ALTER TABLE intake.wanted ADD CONSTRAINT no CHECK (family <> 'errand_reports')")

    assert terminal.run(*command(7, 3)).exit_code == 1

    assert bridge.rows("SELECT FROM cention.export_run WHERE state = 'done'") == []
    assert bridge.rows("SELECT FROM cention.exported_errand") == []
    assert (days_done(bridge), wanted(bridge)) == ([], [])
