"""Results of a vendor: its export or a push, read by a map of columns."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.errors import DocumentError
from schemas.surveys.questions import Kind
from schemas.surveys.results import BadColumns, check_columns, read_csv, read_push

ZONE = ZoneInfo("Europe/Stockholm")
MAP = {"Invitation": "reference", "Score": "nps", "Comment": "comment", "Done": "answered_at"}


def rows(text, columns=MAP):
    return list(read_csv(text.splitlines(keepends=True), columns, zone=ZONE))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_row_has_the_reference_the_time_and_an_answer_per_filled_column(separator):
    text = "Invitation,Name,Score,Comment,Done\nref-1,Anna,9,Good,2026-05-04 10:30\n"

    [row] = rows(text.replace(",", separator))

    assert (row.line, row.reference, row.problem) == (2, "ref-1", None)
    assert row.answered_at == datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
    score, comment = row.answers
    assert (score.question, score.kind, score.number) == ("Score", Kind.NPS, 9)
    assert (score.lowest, score.highest) == (0, 10)
    assert (comment.question, comment.kind, comment.text) == ("Comment", Kind.TEXT, "Good")
    assert set(row.cells) == set(MAP)  # the name of the customer is not among them


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("nps", ("0", "10", "9.0", "9,0"), ("-1", "11", "9.5", "nine")),
        ("csat", ("1", "5"), ("0", "6")),
        ("stars", ("1", "5"), ("0", "6")),
        ("ces", ("1", "7"), ("0", "8")),
    ],
)
def test_a_score_must_be_on_the_scale_of_its_kind(kind, good, bad):
    columns = {"Ref": "reference", "S": kind}

    for score in good:
        [row] = rows(f'Ref\tS\nr\t"{score}"\n', columns)
        assert row.problem is None
    for score in bad:
        [row] = rows(f"Ref\tS\nr\t{score}\n", columns)
        assert "column 'S' must be a whole number from" in row.problem
        assert row.answers == ()


def test_a_bad_row_is_reported_with_its_line_and_columns_and_the_others_are_taken():
    text = "Invitation,Score,Comment,Done\na,12,,yesterday\nb,1\nc,3,,\n"

    first, second, third = rows(text)

    assert (first.line, second.line, third.line) == (2, 3, 4)
    assert "column 'Score' must" in first.problem
    assert "column 'Done' must be a time" in first.problem
    assert "yesterday" not in first.problem
    assert second.problem == "2 cells instead of 4"
    assert third.problem is None


def test_a_row_without_a_score_is_no_answer_and_no_mistake():
    [row] = rows("Invitation,Score,Comment,Done\nref,,,\n")

    assert (row.answers, row.problem) == ((), None)


@pytest.mark.parametrize("text", ["Score,Comment,Done\n1,,\n", ""])
def test_a_mapped_column_must_be_there(text):
    with pytest.raises(BadColumns, match="No column 'Invitation'"):
        rows(text)


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(BadColumns, match="There are two columns 'Score'"):
        rows("Invitation,Score,Score,Comment,Done\nref,1,2,,\n")


@pytest.mark.parametrize(
    ("done", "is_read"),
    [
        ("2000-01-01 00:00", True),
        ("2199-12-31 12:00", True),
        ("1999-12-31 23:59", False),
        ("2200-01-01 00:00", False),
        ("0001-01-01", False),
    ],
)
def test_a_time_that_no_clock_showed_is_a_problem(done, is_read):
    [row] = rows(f"Invitation,Score,Comment,Done\nref,9,,{done}\n")

    assert (row.problem is None) == is_read


def test_a_text_of_a_push_may_be_as_long_as_a_cell():
    longest, longer = read_push(
        {"rows": [{"Invitation": "a", "Comment": "x" * n} for n in (10_000, 10_001)]},
        MAP,
        zone=ZONE,
    )

    assert (longest.problem, len(longest.answers[0].text)) == (None, 10_000)
    assert "has more than 10000 characters" in longer.problem


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"A": "nps"}, "No column is mapped to reference"),
        ({"A": "reference", "B": "reference", "C": "nps"}, "Two columns are mapped to reference"),
        ({"A": "reference", "B": "nsp"}, "must be one of reference, answered_at, nps"),
        ({"A": "reference"}, "No column is mapped to a score"),
        ({"A": "reference", "x" * 251: "nps"}, "heading 'x{40}'… has more than 250 characters"),
    ],
)
def test_a_map_without_a_reference_or_an_answer_is_refused(columns, problem):
    with pytest.raises(BadColumns, match=problem):
        check_columns(columns)


def test_a_push_has_rows_of_texts_numbers_and_nulls():
    document = {
        "rows": [
            {"Invitation": "a", "Score": 9, "Comment": None, "Other": {"x": []}},
            {"Invitation": "b", "Score": 8.0, "Comment": "U+0000: \0"},
            {"Invitation": "c", "Score": True},
            "d",
        ]
    }

    first, second, third, fourth = read_push(document, MAP, zone=ZONE)

    assert [answer.number for answer in first.answers] == [9]
    assert second.answers[0].number == 8
    assert second.answers[1].text == "U+0000: \N{REPLACEMENT CHARACTER}"
    assert (third.line, third.problem) == (3, "column 'Score' must be a text or a number")
    assert (fourth.line, fourth.problem) == (4, "is not an object")


@pytest.mark.parametrize("document", [[], {}, {"rows": {}}, None])
def test_a_push_of_another_shape_is_refused(document):
    with pytest.raises(DocumentError, match="/rows: must be a list of rows"):
        read_push(document, MAP, zone=ZONE)


@pytest.mark.parametrize(
    "headings",
    [
        'Invitation;"Score, 0, to, 10, really"\n',
        'sep=;\nInvitation;"Score, 0, to, 10, really"\n',
        '\n  \nInvitation;"Score, 0, to, 10, really"\n',
    ],
)
def test_separators_within_quotes_and_lines_above_the_headings_do_not_count(headings):
    columns = {"Invitation": "reference", "Score, 0, to, 10, really": "nps"}

    [row] = rows(f"{headings}ref-1;9\n", columns)

    assert (row.line, row.reference, row.problem) == (headings.count("\n") + 1, "ref-1", None)


def test_a_heading_of_several_lines_is_one_heading():
    columns = {"Invitation": "reference", "How likely? (0 to 10)": "nps"}

    [row] = rows('Invitation,"How likely?\n(0 to 10)"\nref-1,9\n', columns)

    assert (row.line, row.reference, row.answers[0].number) == (3, "ref-1", 9)


def test_a_heading_without_end_is_reported_with_its_column():
    with pytest.raises(BadColumns, match="column 2: a quotation mark is not closed"):
        rows('Invitation,"' + "x" * 200_000 + "\n")
