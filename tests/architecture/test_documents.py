"""README.md and deploy/docs: links lead somewhere, pages are listed, terms are in order."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "deploy" / "docs"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
DECISION = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
FUNCTION = re.compile(r"^ *def (test_\w+)", re.MULTILINE)
TEST_OF_MODULE = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
MODULES = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
PARTS = ["Date", "Decision", "Reason", "Consequence"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """Return the text of a page without its fenced and indented blocks."""
    text = FENCED.sub("", path.read_text("utf-8"))
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def anchor(heading: str) -> str:
    """Return the fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    return {anchor(heading) for heading in HEADING.findall(text)}


def broken_links(path: Path) -> list[str]:
    """Return the relative links of a page that lead to no file, or to no heading of it."""
    broken = []
    for link in LINK.findall(prose(path)):
        target, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (fragment and fragment not in anchors(prose(found))):
            broken.append(link)
    return broken


def table_under(heading: str, text: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, without its own heading."""
    after = text.split(f"\n## {heading}\n", 1)[1].splitlines()
    start = next(place for place, line in enumerate(after) if line.startswith("|"))
    rows = []
    for line in after[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


@cache
def functions_of_tests() -> set[str]:
    """Return the names of all functions under tests that are tests."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {found for path in files for found in FUNCTION.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(path):
    assert broken_links(path) == []


def test_a_link_to_a_missing_file_or_heading_is_reported(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n[a](page.md#a-page) [b](#a-page) [c](https://cention.example/x)\n"
        "[d](other.md) [e](#nowhere) [f](page.md#nowhere)\n"
    )

    assert broken_links(page) == ["other.md", "#nowhere", "page.md#nowhere"]


def missing_tests(path: Path, functions: set[str]) -> list[str]:
    """Return the names of tests in a page that are no function and no module under tests."""
    names = re.findall(r"\btest_\w+\b", path.read_text("utf-8"))
    return sorted(set(names) - functions - MODULES)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_test_that_a_page_names_exists(path):
    assert missing_tests(path, functions_of_tests()) == []


def test_a_name_of_a_test_that_does_not_exist_is_reported(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "| lease | `test_this_exists`, `test_this_does_not` in tests/test_documents.py |"
    )

    assert missing_tests(page, {"test_this_exists"}) == ["test_this_does_not"]


def misplaced_tests(path: Path, tests: Path) -> list[str]:
    """Return each ``module.py::test`` of a page that is no test of that module of ``tests``."""
    return [
        f"{module}::{test}"
        for module, test in TEST_OF_MODULE.findall(path.read_text("utf-8"))
        if not (tests / module).is_file()
        or test not in FUNCTION.findall((tests / module).read_text("utf-8"))
    ]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_test_that_a_page_names_with_its_module_is_there(path):
    assert misplaced_tests(path, ROOT / "tests") == []


def test_a_test_that_has_moved_to_another_module_is_reported(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_it(): ...\n")
    page = tmp_path / "page.md"
    page.write_text("`test_one.py::test_it`, `test_one.py::test_that`, `test_two.py::test_it`")

    assert misplaced_tests(page, tmp_path) == ["test_one.py::test_that", "test_two.py::test_it"]


def test_every_promise_of_surveys_has_a_test_and_is_named_once():
    rows = table_under(
        "What surveys promise, and the test of each", (DOCS / "develop.md").read_text("utf-8")
    )
    numbers = [int(number) for number, _, _ in rows]

    assert numbers == sorted(set(numbers))
    assert set(numbers) >= {*range(1, 11), *range(12, 27), *range(35, 41)}
    assert [number for number, _, tests in rows if not TEST_OF_MODULE.search(tests)] == []


def test_every_kind_of_fault_that_broke_imports_of_mail_has_a_test_and_one_row():
    rows = table_under(
        "What broke imports of mail, and the test of each", (DOCS / "develop.md").read_text("utf-8")
    )
    ids = [one for one, _, _ in rows]

    assert len(ids) == len(set(ids))
    assert set(ids) >= {f"F{number}" for number in (1, 2, 3, 4, 5, 7, 12, 13, 14, 15, 20)}
    assert [one for one, _, tests in rows if not TEST_OF_MODULE.search(tests)] == []


def test_every_file_in_the_table_where_to_find_it_exists():
    rows = table_under("Where to find it", (DOCS / "develop.md").read_text("utf-8"))
    files = [path for _, cell in rows for path in re.findall(r"`([^`]*/[^`]*)`", cell)]

    assert len(rows) >= 20
    assert len(files) >= len(rows)
    assert [path for path in files if not (ROOT / path).exists()] == []


def test_the_readme_fits_on_three_screens():
    assert 100 <= len(README.read_text("utf-8").splitlines()) <= 130


def test_every_page_is_linked_from_the_index():
    index = DOCS / "index.md"
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(prose(index))}

    assert {name(page) for page in set(PAGES) - {index} - listed} == set()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_lines_are_short_where_they_can_be(path):
    assert [line for line in prose(path).splitlines() if len(line) > 120 and line[0] != "|"] == []


def test_the_glossary_has_each_term_once_and_in_order():
    terms = [term.casefold() for term, _ in table_under("Glossary", prose(DOCS / "concepts.md"))]

    assert len(terms) > 30
    assert [(one, next_one) for one, next_one in pairwise(terms) if one >= next_one] == []


def test_decisions_are_numbered_without_a_gap_and_listed_in_the_index():
    text = prose(DOCS / "decisions.md")
    decisions = DECISION.findall(text)
    listed = [
        (number, re.sub(r"^\[(.+)\]\(.+\)$", r"\1", title))
        for number, title, _, _ in table_under("Index", text)
    ]

    assert [int(number) for number, _ in decisions] == list(range(1, len(decisions) + 1))
    assert listed == decisions


def test_every_decision_has_a_date_a_status_a_reason_and_a_consequence():
    bodies = DECISION.split(prose(DOCS / "decisions.md"))[3::3]

    for body in bodies:
        labels = re.findall(r"^(Date(?=: )|\*\*\w+(?=\.\*\* ))", body, re.MULTILINE)
        assert [label.strip("*") for label in labels] == PARTS
        assert re.search(r"^Date: \d{4}-\d\d-\d\d.* Status: \w+", body, re.MULTILINE)
