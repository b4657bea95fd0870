from __future__ import annotations

import random
from pathlib import Path

import pytest
import sqlglot

from tests.mutation import mutants, sql_mutants
from tests.mutation.mutants import ROOMS, Mutant, sample
from workers.database import queries

ROOT = Path(__file__).parents[2]
QUERY = "-- name: due\n-- Those that are due.\nSELECT id FROM wanted\nWHERE {} AND due_at < now()\n"


@pytest.fixture(scope="module")
def all_mutants() -> list[Mutant]:
    return [mutant for room in ROOMS for mutant in mutants.candidates(ROOT, room, seed=1)]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one room, and in it a module and queries."""
    monkeypatch.setattr(mutants, "ROOMS", {"sync": ("sync",)})
    (tmp_path / "sync").mkdir()
    (tmp_path / "sync" / "due.py").write_text("def due(a, b):\n    return a < b and a + b > 3\n")
    (tmp_path / "sync" / "due.sql").write_text(QUERY.format("workspace = 'a'"))
    return tmp_path


def drawn(repository, *, seed, count=3):
    return [mutant.id for mutant in sample(repository, seed=seed, count=count, rooms=("sync",))]


def test_a_seed_chooses_the_same_mutants_again_and_another_seed_others(repository):
    assert drawn(repository, seed=1) == drawn(repository, seed=1)
    assert any(drawn(repository, seed=1) != drawn(repository, seed=seed) for seed in range(2, 9))


def test_lines_elsewhere_in_a_file_do_not_change_which_mutants_are_chosen(repository):
    before = drawn(repository, seed=1, count=100)
    for file in (repository / "sync").iterdir():
        comment = "# more\n" if file.suffix == ".py" else "-- more\n"
        file.write_text(comment + file.read_text())
    assert drawn(repository, seed=1, count=100) == before


def test_no_two_mutants_have_one_id(all_mutants):
    assert len({mutant.id for mutant in all_mutants}) == len(all_mutants)


def test_of_every_room_there_are_many(all_mutants):
    for room in ROOMS:
        assert sum(mutant.room == room for mutant in all_mutants) > 200


def test_what_is_chosen_compiles_and_differs():
    for mutant in sample(ROOT, seed=1, count=30, rooms=("sync", "outbound")):
        source = (ROOT / mutant.path).read_text("utf-8")
        assert mutant.apply(source) != source
        if not mutant.query:
            compile(mutant.apply(source), mutant.path, "exec")


def test_a_change_that_leaves_no_code_is_not_chosen(repository):
    (repository / "sync" / "due.sql").unlink()
    (repository / "sync" / "due.py").write_text("if a := b():\n    c()\n")
    assert drawn(repository, seed=1) == []


def test_every_change_of_a_query_is_one_and_can_be_read(all_mutants):
    changed = [mutant for mutant in all_mutants if mutant.query]
    for mutant in random.Random(1).sample(changed, 300):
        source = (ROOT / mutant.path).read_text("utf-8")
        assert mutant.apply(source) != source
        assert can_be_read(queries.parse(mutant.apply(source))[mutant.query]), str(mutant)


def can_be_read(query):
    """Return whether a query can be parsed, with values and names in its places."""
    filled = sql_mutants.PARAMETER.sub("NULL", query).replace("{lock}", "")
    filled = filled.replace("{table}", "t").replace("{", "").replace("}", "")
    # Without something before it, sqlglot takes ON CONFLICT for the condition of a join.
    filled = (
        filled.replace("ON CONFLICT", "LIMIT ALL ON CONFLICT") if "VALUES" not in query else filled
    )
    return len(sqlglot.parse(filled, dialect="postgres")) == 1


def test_conditions_locks_orders_limits_and_key_columns_are_dropped():
    query = (
        "SELECT id FROM a JOIN b USING (workspace, id) WHERE workspace = 'a' AND (x OR y)"
        " ORDER BY at LIMIT 5 FOR UPDATE OF a SKIP LOCKED"
    )
    changed = {(one.kind, one.apply(query)) for one in sql_mutants.changes(query)}
    for kind, expected in (
        ("drop a column of a key", query.replace("workspace, id", "id")),
        ("drop a condition", query.replace("workspace = 'a' AND", "")),
        ("drop a condition", query.replace("AND (x OR y)", "")),
        ("drop a condition", query.replace("OR y", "")),
        ("drop an order", query.replace("ORDER BY at", "")),
        ("turn an order round", query.replace("at LIMIT", "at DESC LIMIT")),
        ("drop a limit", query.replace("LIMIT 5", "")),
        ("drop a lock", query.replace("FOR UPDATE OF a SKIP LOCKED", "")),
        ("wait for a lock", query.replace("SKIP LOCKED", "")),
    ):
        assert (kind, "".join(expected.split())) in {
            (what, "".join(text.split())) for what, text in changed
        }
