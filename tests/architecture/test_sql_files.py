"""SQL has one home, every query has a user, and every user finds its query."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workers.store import queries

ROOT = Path(__file__).parents[2]
STORE = ROOT / "workers" / "store"
SOURCES = ("receiver", "workers", "schemas", "deploy")


@pytest.mark.parametrize("file", sorted(path.stem for path in (STORE / "sql").glob("*.sql")))
def test_named_queries_and_their_users_agree(file):
    asked = set(re.findall(r'SQL\["(\w+)"\]', (STORE / f"{file}.py").read_text("utf-8")))

    assert asked == set(queries.load(file))


@pytest.mark.parametrize("file", sorted(path.stem for path in (STORE / "sql").glob("*.sql")))
def test_every_query_says_in_a_sentence_what_its_caller_can_rely_on(file):
    for name, sql in queries.load(file).items():
        assert sql.startswith("-- "), name


def test_no_python_file_outside_the_store_speaks_sql():
    words = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b")
    files = [path for top in SOURCES for path in (ROOT / top).rglob("*.py")]

    offenders = [
        str(path.relative_to(ROOT))
        for path in files
        if STORE not in path.parents and words.search(path.read_text("utf-8"))
    ]

    assert offenders == []
