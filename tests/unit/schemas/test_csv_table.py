"""CSV files as spreadsheets and people write them."""

from __future__ import annotations

import pytest

from schemas.text.csv_table import BadHeadings, read_table


def table(text, **limits):
    return read_table(text.splitlines(keepends=True), **limits)


def rows(text, **limits):
    return [(row.line, row.problem or row.cells) for row in table(text, **limits).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    found = table(f"email{delimiter}name\na@b.c{delimiter}Ann\n")

    assert found.headings == ("email", "name")
    assert next(found.rows).cells == ("a@b.c", "Ann")


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ('"email";"name, given; family"\n', ("email", "name, given; family")),
        ('email;"address, street, zip, city"\n', ("email", "address, street, zip, city")),
        ('"E-post\r\nadress",email,name\r\n', ("E-post adress", "email", "name")),
        ("\r\n \nemail,name\n", ("email", "name")),
        ("\ufeffsep=;\r\nemail;a,b,c\r\n", ("email", "a,b,c")),
        ('"sep=|"\nemail|name\n', ("email", "name")),
        ("\ufeffemail , name\n", ("email", "name")),
        ("email\n", ("email",)),
        ("", ()),
    ],
)
def test_headings_are_read_as_spreadsheets_write_them(text, headings):
    assert table(text).headings == headings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"email" , "name"\n', "column 1: a quotation mark within a cell must be doubled"),
        ('email,"name\n', "column 2: a quotation mark is not closed"),
        ("n\udce4me\n", "they are not in UTF-8; save the file as UTF-8"),
    ],
)
def test_headings_that_cannot_be_read_are_refused_with_the_place(text, message):
    with pytest.raises(BadHeadings, match=message):
        table(text)


def test_a_stray_quotation_mark_spoils_its_row_alone():
    found = rows('a,b\n1,"Ann "Annie" A"\n2,5" screen\n3,x\n')

    assert [line for line, _ in found] == [2, 3, 4]
    assert found[0][1].startswith("column 2: a quotation mark within a cell must be doubled")
    assert found[1:] == [(3, ("2", '5" screen')), (4, ("3", "x"))]


@pytest.mark.parametrize("rest", ["", '4,"quoted"\n5,y\n'])
def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_rows_below(rest):
    found = rows('a,b\n1,"open\n2,x\n3,"fine"\n' + rest)

    assert found[0] == (2, "column 2: a quotation mark is not closed")
    assert found[1:3] == [(3, ("2", "x")), (4, ("3", "fine"))]
    assert len(found) == 3 + rest.count("\n")


def test_lines_within_a_cell_are_never_read_as_rows_of_their_own():
    found = rows('a,b\n1,"first\nsecond "stray" third\nfourth",x\n2,y\n')

    line, problem = found[0]
    assert line == 2
    assert problem.startswith("column 2: a quotation mark within a cell must be doubled")
    assert problem.endswith("(lines 2 to 3)")
    assert found[-1] == (5, ("2", "y"))


def test_a_cell_may_have_several_lines_and_is_counted_from_its_first():
    assert rows('a,b\n1,"x\r\n\r\ny"\n2,z\n') == [(2, ("1", "x\r\n\r\ny")), (5, ("2", "z"))]


def test_empty_rows_are_left_out():
    assert rows("a,b\n\n1,x\n,\n ,,, \n2,y\n") == [(3, ("1", "x")), (6, ("2", "y"))]


def test_a_row_with_another_number_of_cells_is_a_problem():
    assert rows("a,b\n1\n1,2,3\n1,2\n") == [
        (2, "1 cells instead of 2"),
        (3, "3 cells instead of 2"),
        (4, ("1", "2")),
    ]


def test_bytes_that_are_not_utf8_spoil_their_row_alone():
    assert rows("a,b\n1,R\udce4kning\n2,x\n") == [
        (2, "column 'b': is not UTF-8; save the file as UTF-8"),
        (3, ("2", "x")),
    ]


def test_a_cell_that_is_too_long_spoils_its_row_alone():
    assert rows(f"a,b\n1,{'x' * 11}\n2,{'x' * 10}\n", max_cell=10) == [
        (2, "column 'b': more than 10 characters"),
        (3, ("2", "x" * 10)),
    ]


def test_a_row_is_not_read_without_limit():
    found = rows('a\n"' + "x\n" * 1000 + '"\nlast\n', max_cell=10)

    assert found[0] == (2, "column 1: a quotation mark is not closed")
    assert found[-1] == (1003, ("last",))
