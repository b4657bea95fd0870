"""`cention export`: tables and views as files that other programs open."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pytest

BIG = 9_007_199_254_740_993  # no double has it
FORMULA = '=HYPERLINK("http://evil.example","x")'
AT = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)  # in Stockholm the clock is put on half an hour later


@pytest.fixture
def errands(database: str):
    """Three errands with what formats lose, on two days of the workspace."""
    rows = [
        (BIG, FORMULA, AT, 'a "quoted"\nline; and, more'),
        (2, "+46701234567", datetime(2024, 3, 31, 22, 30, tzinfo=UTC), ""),
        (3, None, None, None),
    ]
    with psycopg.connect(database) as conn:
        conn.execute(
            "INSERT INTO cention.workspace (workspace, timezone)"
            " VALUES ('demo', 'Europe/Stockholm')"
            " ON CONFLICT (workspace) DO UPDATE SET timezone = EXCLUDED.timezone"
        )
        for row in rows:
            conn.execute(
                "INSERT INTO cention.errand (workspace, errand_id, from_name, arrived_at, subject,"
                " fetched_at) VALUES ('demo', %s, %s, %s, %s, '2024-04-01Z')",
                row,
            )


def exported(terminal, *words):
    result = terminal.run("export", *words)
    assert result.exit_code == 0, result.stderr
    return result


def test_parquet_keeps_types_digits_and_moments(terminal, errands):
    result = exported(terminal, "cention.errand", "--to", "errands.parquet")

    assert result.stdout == "errands.parquet: 3 rows.\n"
    rows = {row["errand_id"]: row for row in pq.read_table("errands.parquet").to_pylist()}
    assert rows[BIG]["from_name"] == FORMULA
    assert rows[BIG]["arrived_at"] == AT
    assert (rows[2]["subject"], rows[3]["subject"]) == ("", None)


def test_parquet_keeps_lists_and_decimals(terminal, database):
    with psycopg.connect(database) as conn:
        conn.execute(
            "CREATE VIEW analyst.odd AS SELECT ARRAY[1, 2]::bigint[] AS ids, 0.1::numeric AS share"
        )

    exported(terminal, "odd", "--to", "odd.parquet")

    assert pq.read_table("odd.parquet").to_pylist() == [{"ids": [1, 2], "share": Decimal("0.1")}]


def test_times_are_in_the_zone_of_the_option(terminal, errands):
    words = ("cention.errand", "--timezone", "Europe/Stockholm", "--where", f"errand_id={BIG}")
    exported(terminal, *words, "--to", "errands.csv")
    exported(terminal, *words, "--to", "errands.parquet")

    with open("errands.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["arrived_at"] == "2024-03-31 01:30:00+01"
    (row,) = pq.read_table("errands.parquet").to_pylist()
    assert row["arrived_at"].tzinfo == ZoneInfo("Europe/Stockholm")
    assert row["arrived_at"] == AT


def test_csv_tells_an_empty_text_from_none_and_no_text_is_a_formula(terminal, errands):
    exported(terminal, "cention.errand", "--to", "errands.csv")

    with open("errands.csv", encoding="utf-8", newline="") as file:
        rows = {row["errand_id"]: row for row in csv.DictReader(file)}
    assert rows[str(BIG)]["from_name"] == f"'{FORMULA}"
    assert rows[str(BIG)]["subject"] == 'a "quoted"\nline; and, more'
    assert rows["2"]["from_name"] == "'+46701234567"
    (line,) = [one for one in Path("errands.csv").read_text("utf-8").splitlines() if ",2," in one]
    assert line.count('""') == 1  # an empty text is quoted, none is not


def test_json_lines_have_one_object_a_row(terminal, errands):
    exported(terminal, "cention.errand", "--to", "errands.jsonl")

    with open("errands.jsonl", encoding="utf-8") as file:
        rows = {row["errand_id"]: row for row in map(json.loads, file)}
    assert rows[BIG]["from_name"] == FORMULA
    assert rows[BIG]["subject"] == 'a "quoted"\nline; and, more'
    assert rows[BIG]["arrived_at"] == "2024-03-31T00:30:00+00:00"
    assert rows[3]["subject"] is None


def test_a_workbook_has_texts_for_ids_that_excel_would_round_and_real_dates(terminal, errands):
    exported(terminal, "cention.errand", "--to", "errands.xlsx")

    heading, *rows = openpyxl.load_workbook("errands.xlsx").active.iter_rows(values_only=True)
    found = {row[heading.index("errand_id")]: dict(zip(heading, row, strict=True)) for row in rows}
    assert set(found) == {str(BIG), 2, 3}
    assert found[str(BIG)]["from_name"] == FORMULA
    assert found[str(BIG)]["arrived_at (UTC)"] == AT.replace(tzinfo=None)
    assert found[2]["from_name"] == "+46701234567"


def test_a_workbook_has_no_formula(terminal, errands):
    exported(terminal, "cention.errand", "--to", "errands.xlsx")

    cells = [c for row in openpyxl.load_workbook("errands.xlsx").active.iter_rows() for c in row]
    assert "f" not in {cell.data_type for cell in cells}


def test_a_text_that_is_longer_than_a_cell_is_cut_and_said_so(terminal, errands, database):
    with psycopg.connect(database) as conn:
        conn.execute("UPDATE cention.errand SET subject = repeat('x', 40000) WHERE errand_id = 2")

    result = exported(terminal, "cention.errand", "--to", "errands.xlsx")

    assert "longer than a cell of Excel, and were cut: 1." in result.stderr
    heading, *rows = openpyxl.load_workbook("errands.xlsx").active.iter_rows(values_only=True)
    longest = max(len(row[heading.index("subject")] or "") for row in rows)
    assert longest == 32_767


def test_days_are_those_of_the_workspace(terminal, errands):
    exported(
        terminal,
        *("errand_overview", "--to", "day.jsonl", "--from", "2024-04-01", "--to", "2024-04-01"),
    )

    with open("day.jsonl", encoding="utf-8") as file:
        assert [json.loads(line)["errand_id"] for line in file] == [2]


def test_days_of_a_table_are_those_of_its_first_moment_at_the_workspace(terminal, errands):
    exported(terminal, "cention.errand", "--to", "day.jsonl", "--from", "2024-04-01")

    with open("day.jsonl", encoding="utf-8") as file:
        assert [json.loads(line)["errand_id"] for line in file] == [2]


def test_a_value_is_no_sql(terminal, errands):
    words = ("cention.errand", "--where", "subject=' OR true --", "--to", "errands.jsonl")

    assert exported(terminal, *words).stdout == "errands.jsonl: 0 rows.\n"


def test_each_day_has_a_file_that_is_written_only_when_it_changes(
    terminal, errands, database, tmp_path
):
    first = exported(terminal, "cention.errand", "--every-day", "lake")
    with psycopg.connect(database) as conn:
        conn.execute("UPDATE cention.errand SET subject = 'new' WHERE errand_id = 2")
        conn.execute("DELETE FROM cention.errand WHERE errand_id = 3")
    second = exported(terminal, "cention.errand", "--every-day", "lake")

    assert first.stdout == "lake: 3 days written, 0 unchanged, 0 removed.\n"
    assert second.stdout == "lake: 1 days written, 1 unchanged, 1 removed.\n"
    files = sorted(str(path) for path in Path("lake").rglob("*.parquet"))
    assert files == [f"lake/day={day}/part-0.parquet" for day in ("2024-03-31", "2024-04-01")]


def test_a_part_of_the_days_leaves_the_files_of_others(terminal, errands, database, tmp_path):
    exported(terminal, "cention.errand", "--every-day", "lake")
    with psycopg.connect(database) as conn:
        conn.execute("DELETE FROM cention.errand")

    exported(terminal, "cention.errand", "--every-day", "lake", "--from", "2024-04-01")

    names = sorted(path.name for path in (tmp_path / "lake").glob("day=*"))
    assert names == ["day=2024-03-31", "day=__HIVE_DEFAULT_PARTITION__"]


@pytest.mark.parametrize(
    "words", [("errand_overview",), ("cention.errand", "--where", "errand_id=2")]
)
def test_the_days_of_another_export_are_not_replaced(terminal, errands, words):
    exported(terminal, "cention.errand", "--every-day", "lake")
    before = sorted(path.stat().st_mtime_ns for path in Path("lake").rglob("*"))

    result = terminal.run("export", *words, "--every-day", "lake")

    assert result.exit_code == 1
    assert result.stderr.startswith("The export into lake did not end: it has an export of")
    assert sorted(path.stat().st_mtime_ns for path in Path("lake").rglob("*")) == before


def test_a_folder_with_days_that_nothing_explains_is_not_touched(terminal, errands, tmp_path):
    (tmp_path / "lake" / "day=2024-01-01").mkdir(parents=True)

    result = terminal.run("export", "cention.errand", "--every-day", "lake")

    assert "it has days of which nothing says what they are" in result.stderr
    assert [path.name for path in (tmp_path / "lake").iterdir()] == ["day=2024-01-01"]


def test_a_number_that_is_none_is_a_text_in_a_workbook(terminal, database):
    with psycopg.connect(database) as conn:
        conn.execute("CREATE VIEW analyst.odd AS SELECT 'NaN'::numeric AS number")

    exported(terminal, "odd", "--to", "odd.xlsx")

    _, row = openpyxl.load_workbook("odd.xlsx").active.iter_rows(values_only=True)
    assert row == ("NaN",)


def test_an_export_that_fails_leaves_the_file_that_was_there(terminal, errands, database, tmp_path):
    (tmp_path / "answers.parquet").write_text("before")
    with psycopg.connect(database) as conn:
        conn.execute(
            "CREATE VIEW analyst.large AS SELECT 'demo' AS workspace, 1e30::numeric AS number"
        )

    result = terminal.run("export", "large", "--to", "answers.parquet")

    assert result.exit_code == 1
    assert "Column number has a value that Parquet cannot hold" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["answers.parquet"]
    assert (tmp_path / "answers.parquet").read_text() == "before"


def test_numbers_of_a_view_keep_their_decimals(terminal, errands, database):
    with psycopg.connect(database) as conn:
        conn.execute(
            "CREATE VIEW analyst.third AS SELECT 1.25::numeric AS number, date '2024-05-01' AS day"
        )

    exported(terminal, "third", "--to", "third.parquet")
    exported(terminal, "third", "--to", "third.xlsx")

    assert pq.read_table("third.parquet").to_pylist() == [
        {"number": Decimal("1.25"), "day": date(2024, 5, 1)}
    ]
    _, row = openpyxl.load_workbook("third.xlsx").active.iter_rows(values_only=True)
    assert row == (1.25, datetime(2024, 5, 1))  # noqa: DTZ001  # Excel has no zones


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("errand_day",), "Write to where? Add --to FILE, or --every-day FOLDER."),
        (("errand_day", "--to", "x.doc"), "neither a day such as 2024-01-31 nor a file"),
        (("errand_days", "--to", "x.csv"), "There is no table or view errand_days."),
        (
            ("errand_day", "--to", "x.csv", "--where", "a"),
            "is not COLUMN=VALUE. Columns: workspace",
        ),
        (("cention.blob", "--to", "x.csv", "--from", "2024-01-01"), "has no column with days"),
        (("errand_day", "--to", "nowhere/x.csv"), "Nothing was written to nowhere/x.csv"),
        (("errand_day", "--to", "x.csv", "--timezone", "Mars"), "is not a time zone"),
        (
            ("errand_day", "--to", "x.csv", "--from", "2024-02-01", "--to", "2024-01-01"),
            "The first day, 2024-02-01, is after the last one, 2024-01-01.",
        ),
    ],
)
def test_wrong_usage_says_what_is_wrong(terminal, words, message):
    result = terminal.run("export", *words)

    assert result.exit_code
    assert message in result.stderr
