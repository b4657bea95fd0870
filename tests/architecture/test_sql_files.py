"""SQL is only in stores, every query is used, and every used query exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workers.database import queries

ROOT = Path(__file__).parents[2]
DATABASE = ROOT / "workers" / "database"
FOLDERS = (
    DATABASE,
    *sorted((ROOT / "workers").glob("*/store")),
    ROOT / "deploy" / "grafana",  # queries of panels, which Grafana runs
)
SOURCES = ("receiver", "workers", "schemas", "deploy")
FILES = sorted(path for folder in FOLDERS for path in folder.glob("*.sql"))


def module(file: Path) -> str:
    """Return the name of the module next to an SQL file."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("file", FILES, ids=module)
def test_named_queries_and_their_users_agree(file):
    used = set(re.findall(r'SQL\["(\w+)"\]', file.with_suffix(".py").read_text("utf-8")))

    assert used == set(queries.load(module(file)))


@pytest.mark.parametrize("file", FILES, ids=module)
def test_every_query_has_a_sentence_about_its_guarantees(file):
    for name, sql in queries.load(module(file)).items():
        assert sql.startswith("-- "), name


def test_every_sql_file_is_next_to_its_module_or_is_a_migration_a_view_or_a_model_of_dbt():
    strays = {path for top in SOURCES for path in (ROOT / top).rglob("*.sql")} - set(FILES)

    assert len(FILES) > 20
    folders = {DATABASE / "migrations", DATABASE / "views", ROOT / "deploy/dbt/models/staging"}
    assert {path.parent for path in strays} == folders


def test_no_python_file_outside_the_stores_contains_sql():
    words = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b")
    files = [path for top in SOURCES for path in (ROOT / top).rglob("*.py")]

    offenders = [
        str(path.relative_to(ROOT))
        for path in files
        if not set(FOLDERS) & set(path.parents) and words.search(path.read_text("utf-8"))
    ]

    assert offenders == []


def test_no_migration_builds_an_index_that_another_builds_the_same():
    statement = re.compile(r"CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?[^;]+")
    built = [
        " ".join(found.split())
        for path in sorted((DATABASE / "migrations").glob("*.sql"))
        for found in statement.findall(path.read_text("utf-8"))
    ]

    assert len(built) > 10
    assert {one for one in built if built.count(one) > 1} == set()
