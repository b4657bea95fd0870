"""`cention export` at its limits: cells of Excel, full disks, interruptions, wrong values."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import psycopg
import pytest

from tests.support.eventually import eventually

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "workers.cli", "export"]
LARGEST_FILE = 1_000_000
ODD = "a\ufffeb\uffffc\x0bd_x0041_"  # what XML cannot hold, and what Excel takes for an escape


@pytest.fixture
def view(database: str):
    """Return a function that creates the view ``analyst.odd`` of a query."""

    def create(query: str) -> None:
        with psycopg.connect(database) as conn:
            conn.execute(f"CREATE VIEW analyst.odd AS {query}")

    return create


def cells(path: str) -> list[object]:
    book = openpyxl.load_workbook(path)
    return [c for sheet in book for (c,) in sheet.iter_rows(min_row=2, values_only=True)]


def run(*words: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("repeat('😀', 16383)", "😀" * 16_383),
        ("repeat('😀', 16383) || 'x'", "😀" * 16_383 + "x"),
        ("repeat('😀', 16384)", "😀" * 16_383 + "…"),
        ("repeat('x', 32765) || '😀x'", "x" * 32_765 + "…"),
        ("repeat('x', 32767)", "x" * 32_767),
    ],
)
def test_a_cell_is_full_by_the_units_that_excel_counts(terminal, view, query, expected):
    view(f"SELECT {query} AS text")

    result = terminal.run("export", "odd", "--to", "odd.xlsx")

    assert cells("odd.xlsx") == [expected]
    assert ("were cut: 1." in result.stderr) == expected.endswith("…")


def test_a_character_that_xml_cannot_hold_spoils_no_workbook(terminal, view):
    view(f"SELECT text FROM (VALUES ('{ODD}'), ('second')) AS v (text)")

    terminal.run("export", "odd", "--to", "odd.xlsx")

    assert cells("odd.xlsx")[1] == "second"


def test_a_full_sheet_is_followed_by_another(terminal, view, monkeypatch):
    monkeypatch.setattr("workers.analytics.jobs.exports.workbook.SHEET_ROWS", 3)
    view("SELECT n FROM generate_series(1, 5) AS n ORDER BY n")

    terminal.run("export", "odd", "--to", "odd.xlsx")

    assert openpyxl.load_workbook("odd.xlsx").sheetnames == ["odd", "odd 2", "odd 3"]
    assert cells("odd.xlsx") == [1, 2, 3, 4, 5]


def test_a_name_that_excel_does_not_allow_gets_a_sheet_all_the_same(terminal, database):
    name = "'week/month [all]' of every area"
    with psycopg.connect(database) as conn:
        conn.execute(f'CREATE VIEW analyst."{name}" AS SELECT 1 AS n')

    terminal.run("export", name, "--to", "odd.xlsx")

    assert openpyxl.load_workbook("odd.xlsx").sheetnames == ["_week_month _all__ of every are"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_disk_that_fills_up_is_named_and_leaves_what_was_there(
    environment, view, tmp_path, suffix
):
    view("SELECT md5(n::text) || md5((n + 0.5)::text) AS text FROM generate_series(1, 60000) AS n")
    (tmp_path / f"odd.{suffix}").write_text("before")
    limit = (LARGEST_FILE, LARGEST_FILE)

    process = run(
        *("odd", "--to", f"odd.{suffix}"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    _, stderr = process.communicate(timeout=120)

    full = f"the disk is full ({os.strerror(errno.EFBIG)}). Free some space, or write elsewhere."
    assert stderr.splitlines()[-1] == f"Nothing was written to odd.{suffix}: {full}"
    assert "Traceback" not in stderr
    assert process.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"odd.{suffix}"]
    assert (tmp_path / f"odd.{suffix}").read_text() == "before"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_interrupted_export_leaves_nothing(environment, view, tmp_path, suffix, number):
    view(
        "SELECT n, pg_sleep(CASE WHEN n > 5000 THEN 0.05 ELSE 0 END)::text AS text"
        " FROM generate_series(1, 20000) AS n"
    )

    process = run("odd", "--to", f"odd.{suffix}")
    eventually(lambda: any(tmp_path.glob(".export-*.part/*")))
    process.send_signal(number)
    process.communicate(timeout=120)

    assert process.returncode
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("errand_id=all", "'all' is no value of errand_id, which is int8."),
        ("arrived_on=2024-02-30", "'2024-02-30' is no value of arrived_on, which is date."),
        ("tags=7", "'7' is no value of tags, which is a list of text."),
        ("sender=x", "is not COLUMN=VALUE. Columns: workspace, errand_id, "),
    ],
)
def test_a_value_that_a_column_cannot_have_is_named_and_so_is_a_column_that_is_not_there(
    terminal, tmp_path, where, message
):
    result = terminal.run("export", "errand_overview", "--where", where, "--to", "odd.csv")

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_days_of_a_workspace_without_a_time_zone_are_those_of_utc(terminal, database):
    with psycopg.connect(database) as conn:
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, arrived_at, fetched_at)"
            " VALUES ('unknown', 1, '2024-03-31T22:30Z', '2024-04-01Z')"
        )

    words = ("--from", "2024-03-31", "--to", "2024-03-31", "--to", "odd.csv")
    result = terminal.run("export", "cention.errand", *words)

    assert result.stdout == "odd.csv: 1 rows.\n"
