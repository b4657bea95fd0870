from __future__ import annotations

import json
import subprocess

import pytest
from coverage import CoverageData

from tests.mutation.coverage_map import CoverageMap
from tests.mutation.lines import former_lines, lines_of_statement
from tests.mutation.mutants import Mutant
from tests.mutation.sql_mutants import Change
from tests.mutation.trial import within

MODULE = """\
LIMIT = 5

class Store:
    table = "wanted"

    def due(self, now=LIMIT):
        if (
            now
        ):
            return self.run("due")
        return None
"""
TIMES = """\
<testsuites><testsuite>
<testcase classname="tests.unit.test_due" name="test_slow" time="3"/>
<testcase classname="tests.unit.test_due" name="test_quick[1]" time="1"/>
<testcase classname="tests.unit.test_due" name="test_broken" time="1"><failure/></testcase>
</testsuite></testsuites>
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (8, {7, 8, 9}),  # a condition on several lines
        (10, {10}),
        (6, {7, 8, 9, 10, 11}),  # the default of a parameter runs at the import
        (4, {7, 8, 9, 10, 11}),  # so does the attribute of a class
        (1, {7, 8, 9, 10, 11}),
    ],
)
def test_the_lines_of_a_change_are_those_of_its_statement_or_of_the_functions_that_use_it(
    line, expected
):
    assert lines_of_statement(MODULE, line) == expected


def test_a_line_is_found_again_in_what_the_file_was_before():
    assert former_lines("a\nb\nc\nd", "new\na\nb\nC\nd", {2, 4, 5}) == {1, 3, 4}


@pytest.fixture
def coverage(tmp_path):
    """A map of a repository in which two tests run the query, and a broken one does."""
    (tmp_path / "store.py").write_text(MODULE)
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / "store.py").write_text("from workers import person\n" + MODULE)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    folder = tmp_path / "map" / "1"
    folder.mkdir(parents=True)
    data = CoverageData(str(folder / "coverage"))
    for context in (
        "tests/unit/test_due.py::test_slow|run",
        "tests/unit/test_due.py::test_quick[1] (call)",
        "tests/unit/test_due.py::test_broken|run",
        "",
    ):
        data.set_context(context)
        data.add_lines({"store.py": [7, 10], "workers/store.py": [8]})
    data.set_context("tests/unit/test_due.py::test_other|run")
    data.add_lines({"store.py": [7, 11]})
    data.write()
    (folder / "times.xml").write_text(TIMES)
    about = {"commit": commit.stdout.strip(), "files": {"tests/unit/test_due.py": "digest"}}
    (folder / "about.json").write_text(json.dumps(about))
    return CoverageMap(tmp_path, tmp_path / "map")


def mutant(*, path="store.py", line=1, query=""):
    return Mutant(
        room="sync", path=path, line=line, query=query, change="", key="", edit=Change("", 0, 0, "")
    )


QUICK, SLOW = (
    ("tests/unit/test_due.py::test_quick[1]", 1.0),
    ("tests/unit/test_due.py::test_slow", 3.0),
)


def test_the_tests_that_ran_the_line_and_passed_fit_the_shortest_first(coverage):
    assert coverage.fitting(mutant(line=10)) == [QUICK, SLOW]


def test_a_query_is_tried_by_the_tests_that_ran_the_line_which_names_it(coverage):
    assert coverage.fitting(mutant(path="store.sql", query="due")) == [QUICK, SLOW]


def test_a_query_that_is_named_outside_of_functions_is_tried_by_the_tests_of_the_module(
    coverage, tmp_path
):
    (tmp_path / "store.py").write_text(MODULE + '\nTABLES = {"a": SQL["by_table"]}\n')
    by_table = coverage.fitting(mutant(path="store.sql", query="by_table"))
    assert by_table == [QUICK, SLOW]


def test_a_class_without_methods_is_tried_by_the_tests_of_the_modules_that_import_it(
    coverage, tmp_path
):
    for name in ("person", "place"):
        (tmp_path / "workers" / f"{name}.py").write_text("class Record:\n    name: str\n")

    assert coverage.fitting(mutant(path="workers/person.py", line=2)) == [QUICK, SLOW]
    assert coverage.fitting(mutant(path="workers/place.py", line=2)) == []


def test_a_line_that_has_moved_since_is_still_known(coverage, tmp_path):
    (tmp_path / "store.py").write_text("NEW = 1\n" + MODULE)
    assert coverage.fitting(mutant(line=11)) == [QUICK, SLOW]


def test_as_many_tests_as_end_in_time_are_run_and_at_least_one():
    assert within([QUICK, SLOW], 2) == [QUICK]
    assert within([QUICK, SLOW], 4) == [QUICK, SLOW]
    assert within([SLOW], 2) == [SLOW]
