"""Files of `cention export` in the programs that analysts open them with."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner

from tests.integration.terminal import UNREACHABLE, Terminal
from tests.system.debian import PACKAGES

OFFICE = PACKAGES["libreoffice-calc-nogui"]
UTF_8_CSV = "csv:Text - txt - csv (StarCalc):44,34,76"  # comma, quote, UTF-8
BIG = 9_007_199_254_740_993  # no double has it
AT = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
WORKSPACE = "INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')"
ERRANDS = """
INSERT INTO cention.errand (workspace, errand_id, subject, arrived_at, fetched_at)
VALUES ('demo', %s, '=1+1', %s, %s), ('demo', 2, 'Åäö "quoted", and; more', NULL, %s)
"""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str) -> Terminal:
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": database, **UNREACHABLE}.items():
        monkeypatch.setenv(name, value)
    return Terminal(runner=CliRunner())


@pytest.fixture
def exported(terminal: Terminal, database: str):
    """Return a function that exports the two errands of the table."""
    with psycopg.connect(database) as conn:
        conn.execute(WORKSPACE)
        conn.execute(ERRANDS, [BIG, AT, AT, AT])

    def export(*words: str) -> None:
        assert terminal.run("export", "cention.errand", *words).exit_code == 0

    return export


def test_duckdb_reads_parquet_with_ids_texts_and_moments(exported):
    exported("--to", "errands.parquet")

    query = "SELECT errand_id, subject, arrived_at FROM 'errands.parquet' ORDER BY errand_id"
    rows = duckdb.sql(query).fetchall()

    assert [row[:2] for row in rows] == [(2, 'Åäö "quoted", and; more'), (BIG, "=1+1")]
    assert rows[1][2] == AT


def test_duckdb_reads_the_files_of_days_as_one_table(exported):
    exported("--every-day", "lake")

    query = (
        "SELECT day, errand_id FROM read_parquet('lake/*/*.parquet', hive_partitioning = true)"
        " ORDER BY errand_id"
    )
    days = [str(day) for day, _ in duckdb.sql(query).fetchall()]

    assert days == ["None", "2024-03-31"]


def test_pandas_reads_parquet_csv_and_json_lines(exported):
    for suffix in ("parquet", "csv", "jsonl"):
        exported("--to", f"errands.{suffix}")

    parquet = pd.read_parquet("errands.parquet")
    csv = pd.read_csv("errands.csv", parse_dates=["arrived_at"])
    lines = pd.read_json("errands.jsonl", lines=True)

    for frame in (parquet, csv, lines):
        assert set(frame["errand_id"]) == {2, BIG}
    assert parquet["arrived_at"].max() == AT == csv["arrived_at"].max()
    assert set(csv["subject"]) == {"'=1+1", 'Åäö "quoted", and; more'}


def test_libreoffice_opens_a_workbook_without_computing_a_text(exported, tmp_path):
    exported("--to", "errands.xlsx", "--timezone", "Europe/Stockholm")

    if not OFFICE.exists():
        pytest.skip("LibreOffice is missing: sudo apt-get install libreoffice-calc-nogui")
    command = [str(OFFICE), f"-env:UserInstallation={tmp_path.as_uri()}/office", "--headless"]
    subprocess.run([*command, "--convert-to", UTF_8_CSV, "errands.xlsx"], check=True, timeout=300)

    frame = pd.read_csv("errands.csv", dtype=str)
    assert set(frame["subject"]) == {"=1+1", 'Åäö "quoted", and; more'}
    assert set(frame["errand_id"]) == {"2", str(BIG)}
    local = AT.astimezone(ZoneInfo("Europe/Stockholm"))
    assert set(frame["arrived_at (Europe/Stockholm)"].dropna()) == {f"{local:%Y-%m-%d %H:%M:%S}"}
