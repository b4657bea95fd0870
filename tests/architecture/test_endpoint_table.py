"""The table of endpoints: all that is documented is in it, and each test it names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "deploy" / "docs" / "endpoints.md"
HEADING = "| endpoint | method | field or parameter | test |"
TEST = re.compile(r"(?:tests/)?([\w/]+\.py)::(\w+)")

DOCUMENTED = frozenset(
    {
        ("GET", "capi/custom/logio"),
        ("POST", "c3_new_errands"),
        ("POST", "c3_end_errands"),
        ("POST", "c3_end_obcall"),
        ("POST", "/callbacks/<workspace>"),
        ("POST", "/answers/<workspace>/<vendor>"),
        ("GET", "/s/<token>"),
        ("POST", "/s/<token>"),
        ("GET", "/s/<token>/stop"),
        ("POST", "/s/<token>/stop"),
        ("GET", "/survey/alvaria/<workspace>"),
        ("POST", "/survey/alvaria/<workspace>"),
        ("GET", "c3_response_attachments/<id>"),
        ("GET", "c3_area_archives/<id>"),
        ("GET", "c3_errand_reports/<id>"),
        ("GET", "c3_dirty_errand_list"),
        ("POST", "c3_dirty_errand_list"),
        ("GET", "c3_dirty_facebook_ratings"),
        ("GET", "c3_facebook_ratings/<id>"),
        ("POST", "c3_contact_cards"),
        ("GET", "c3_libraries"),
        ("GET", "c3_libraries/<id>"),
        ("GET", "c3_libraries/<id>/questions"),
        ("GET", "c3_external_libraries"),
        ("GET", "c3_external_libraries/<id>"),
        ("GET", "c3_library_categories"),
        ("GET", "c3_library_categories/<id>"),
        ("GET", "c3_library_questions"),
        ("GET", "c3_library_questions/<id>"),
        ("GET", "c3_library_questions/<id>/attachments"),
        ("GET", "c3_library_questions/<id>/embedded_archives"),
        ("GET", "c3_library_attachments/<id>"),
        ("POST", "c3_trigger_exports"),
        ("POST", "digidesk:/api/survey_requests/"),
        ("POST", "digidesk:/api/v1/survey_requests/"),
        ("POST", "customer_radar:/auth/login"),
        ("POST", "customer_radar:/invitation"),
        ("GET", "centracx:/surveys"),
        ("GET", "centracx:/surveys/<id>"),
        ("POST", "centracx:/surveys/<id>"),
        ("POST", "alvaria:/tokenservice/oauth2/access_token"),
        (
            "GET",
            "alvaria:/via/v2/organizations/<org>/customerexperience/disposableApp/context",
        ),
        (
            "POST",
            "alvaria:/via/v2/organizations/<org>/customerexperience/disposableApp/outcome",
        ),
    }
)
QUERY_PARAMETERS = frozenset(
    {
        *("name", "format", "from", "to"),
        *("filter[toplist]", "q_filter[phrase]", "q_filter[option]", "data_url"),
        "without_content",
        *("apikey", "apisecret", "sessionId", "realm"),
        "fields[…]",
    }
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    endpoint: str  # without the "capi/json/" that most of Cention's have
    method: str
    field: str
    test: str


def rows(text: str) -> list[Row]:
    """Return the lines of the table in ``text``. Raises ``ValueError`` if there is none."""
    lines = text.splitlines()
    table = lines[lines.index(HEADING) + 2 :]
    end = next((place for place, line in enumerate(table) if not line.startswith("|")), None)
    found = []
    for line in table[:end]:
        endpoint, method, field, test = (cell.strip() for cell in line.strip("|").split(" | "))
        endpoint = endpoint.strip("`").removeprefix("capi/json/")
        found.append(Row(endpoint, method, field, test))
    return found


def functions(path: Path) -> set[str]:
    """Return the names of the functions of a module, without importing it."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def problems(row: Row, tests: Path) -> Iterator[str]:
    """Yield what is wrong with the tests that a line names."""
    named = TEST.findall(row.test)
    if not named:
        yield f"{row.endpoint}, {row.field}: names no test"
    for module, function in named:
        if not (tests / module).is_file():
            yield f"{module}: no such module"
        elif function not in functions(tests / module):
            yield f"{module}::{function}: no such test"
        elif not function.startswith("test_"):
            yield f"{module}::{function}: is no test"


ROWS = rows(PAGE.read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.endpoint} {row.field}")
def test_every_test_that_the_table_names_exists(row):
    assert list(problems(row, TESTS)) == []


def test_every_documented_endpoint_is_in_the_table():
    tested = {(row.method, row.endpoint) for row in ROWS}

    assert DOCUMENTED - tested == set()


def test_every_endpoint_in_the_table_is_documented():
    assert {(row.method, row.endpoint) for row in ROWS} <= DOCUMENTED


def test_every_documented_query_parameter_is_in_the_table():
    tested = {name for row in ROWS for name in re.findall(r"`([^`=]+)(?:=\w+)?`", row.field)}

    assert tested >= QUERY_PARAMETERS


LINE = "| `c3_x/<id>` | GET | `a`, `b` | {} |"


@pytest.mark.parametrize(
    ("named", "problem_text"),
    [
        ("`unit/test_one.py::test_it`", []),
        ("`unit/test_one.py::test_it`, `unit/test_one.py::test_in_a_class`", []),
        ("`unit/test_one.py::test_renamed`", ["unit/test_one.py::test_renamed: no such test"]),
        ("`unit/test_two.py::test_it`", ["unit/test_two.py: no such module"]),
        ("`unit/test_one.py::given`", ["unit/test_one.py::given: is no test"]),
        ("everywhere", ["c3_x/<id>, `a`, `b`: names no test"]),
    ],
)
def test_a_test_that_was_renamed_moved_or_left_out_is_reported(tmp_path, named, problem_text):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "test_one.py").write_text(
        "def given(): ...\ndef test_it(): ...\nclass TestMore:\n    def test_in_a_class(self): ..."
    )
    text = f"before\n\n{HEADING}\n|---|---|---|---|\n{LINE.format(named)}\n\nafter | it"

    [row] = rows(text)

    assert list(problems(row, tmp_path)) == problem_text


def test_a_text_without_the_table_is_an_error():
    with pytest.raises(ValueError, match="not in list"):
        rows("| endpoint | method |\n|---|---|\n")
