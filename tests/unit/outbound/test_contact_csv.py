"""Contact cards from CSV."""

from __future__ import annotations

import csv

import pytest

from workers.outbound.rules.contact_csv import BadTable, check_target, read_rows


def rows(text, columns=None):
    return list(read_rows(text.splitlines(keepends=True), columns or {}))


def test_columns_named_like_channels_need_no_mapping():
    [row] = rows("Name,email,city,VOICE\nAnn,a@b.c,Lund,+467\n")

    assert (row.card.name, row.card.email, row.card.voice) == ("Ann", ("a@b.c",), ("+467",))
    assert (row.line, row.problem) == (2, None)


def test_several_columns_may_map_to_one_channel():
    [row] = rows(
        "First,Last,Mail,Other mail,email,No,Club\nAnn,Ek,a@b.c,d@e.f,x@y.z,17,gold\n",
        {
            "First": "name",
            "Last": "name",
            "Mail": "email",
            "Other mail": "email",
            "No": "custom:Customer no",
            "Club": "custom",
        },
    )

    assert row.card.name == "Ann Ek"
    assert row.card.email == ("a@b.c", "d@e.f")
    assert [(one.label, one.value) for one in row.card.custom] == [
        ("Customer no", "17"),
        ("Club", "gold"),
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_commas_semicolons_or_tabs_separate_cells(sign):
    [row] = rows(f"name{sign}email\nAnn{sign}a@b.c\n")

    assert row.card.email == ("a@b.c",)


def test_a_bad_row_is_reported_with_its_line_and_does_not_stop_the_others():
    found = rows(
        'name,email\nAnn,a@b.c\nBo,\nCy,c@d.e,more\n\n"D\ny",d@e.f\nEd,"e\x00@f.g"\nFy,f@g.h\n'
    )

    assert [(row.line, row.card is not None, row.problem) for row in found] == [
        (2, True, None),
        (3, False, "/contacts: needs an address in one of: email, facebook, vk, line, voice"),
        (4, False, "3 cells instead of 2"),
        (7, False, "/contacts/name: holds a control character"),
        (8, False, "/contacts/email/0: holds a control character"),
        (9, True, None),
    ]


def test_a_cell_that_is_too_long_is_a_bad_row():
    [first, second] = rows(f"email\n{'a' * 10_000}@b.c\nb@c.d\n")

    assert (first.line, first.problem) == (2, "a cell of more than 10000 characters")
    assert second.card is not None


def test_invalid_csv_is_a_bad_row():
    limit = csv.field_size_limit(1_000)
    try:
        [first, second] = rows(f"email\n{'a' * 2_000}@b.c\nb@c.d\n")
    finally:
        csv.field_size_limit(limit)

    assert (first.line, first.problem) == (2, "field larger than field limit (1000)")
    assert second.card is not None


def test_unusual_addresses_are_warnings_of_the_card():
    [row] = rows("voice\n070123\n")

    assert row.card is not None
    assert row.warnings[0].pointer == "/contacts/voice/0"


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", {}, "No column holds an address"),
        ("name\nAnn\n", {}, "No column holds an address.*--map COLUMN=CHANNEL"),
        ("name,mail\n", {"name": "name"}, "No column holds an address"),
        ("name,mail\n", {"Mail": "email"}, "No column 'Mail'. There is: name, mail"),
    ],
)
def test_headings_that_do_not_fit_are_reported(text, columns, message):
    with pytest.raises(BadTable, match=message):
        rows(text, columns)


@pytest.mark.parametrize("target", ["mail", "", "email:x", "custom:", "custom: "])
def test_an_unknown_channel_is_reported(target):
    with pytest.raises(BadTable, match="is none of"):
        check_target(target)
