"""Contact cards from CSV."""

from __future__ import annotations

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
        (6, False, "/contacts/name: holds a control character"),
        (8, False, "/contacts/email/0: holds a control character"),
        (9, True, None),
    ]


def test_a_cell_may_list_several_addresses():
    [row] = rows(
        "email,voice\n"
        '"Ann Ek <a@b.c>; d@e.f ::: mailto:g@h.i, j@k.l","+46 70 1 ::: tel:+46701234567"\n'
    )

    assert row.card.email == ("a@b.c", "d@e.f", "g@h.i", "j@k.l")
    assert row.card.voice == ("+46 70 1", "+46701234567")


def test_what_does_not_show_is_left_out():
    [row] = rows(
        "email,voice,name\n"
        "\ufeffan\u00adn\u200b@b.c\u00a0,\u202a+46\u00a070\u202c,\u202eAnn\u00a0Ek\n"
    )

    assert (row.card.email, row.card.voice) == (("ann@b.c",), ("+46 70",))
    assert row.card.name == "Ann Ek"


def test_a_name_keeps_the_joiners_that_its_script_needs():
    [row] = rows("email,name\na@b.c,👩\u200d💻\n")

    assert row.card.name == "👩\u200d💻"


def test_an_address_is_sent_in_composed_form():
    [row] = rows("email\nrene\u0301@b.c\n")

    assert row.card.email == ("ren\u00e9@b.c",)


@pytest.mark.parametrize("cell", ['"=""+46701234567"""', "'+46701234567"])
def test_a_number_that_a_spreadsheet_keeps_as_text_is_read(cell):
    [row] = rows(f"voice\n{cell}\n")

    assert row.card.voice == ("+46701234567",)


@pytest.mark.parametrize(
    ("heading", "cell", "problem"),
    [
        ("email", "n/a", "/contacts/email/0: does not look like an e-mail address"),
        ("email", "-", "/contacts/email/0: does not look like an e-mail address"),
        ("email", "a@b.c; null", "/contacts/email/1: does not look like an e-mail address"),
        ("email", "a@b.c d@e.f", "/contacts/email/0: does not look like an e-mail address"),
        ("voice", "0701234567", "/contacts/voice/0: is not a phone number with a plus sign"),
        ("voice", "46701234567.0", "/contacts/voice/0: is not a phone number with a plus sign"),
        (
            "voice",
            "4.67012E+10",
            "/contacts/voice/0: is a number that a spreadsheet has rounded; "
            "format its column as text",
        ),
    ],
)
def test_what_is_no_address_of_its_channel_is_a_problem_unless_it_is_asked_for(
    heading, cell, problem
):
    [row] = rows(f"{heading}\n{cell}\n")
    [taken] = read_rows([f"{heading}\n", f"{cell}\n"], {}, as_is=True)

    assert (row.card, row.problem) == (None, problem)
    assert (taken.problem, [str(one) for one in taken.warnings]) == (None, [problem])
    assert getattr(taken.card, heading)


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", {}, "No column holds an address"),
        ('"email" , "name"\n', {}, "The headings cannot be read: column 1: a quotation mark"),
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
