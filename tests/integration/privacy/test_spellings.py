"""One person is found and erased however others have spelled the address and the name."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.integration.privacy.centre import Centre, report_of

ADDRESS = "rené.o'hara+shop@exämple.example"
NAME = "René O'Hara"
# In the texts of others; the letters between the brackets must go.
SPELLINGS = {
    1: unicodedata.normalize("NFD", ADDRESS),
    2: "rené.o'hara+shop@xn--exmple-cua.example",
    3: "ren%25C3%25A9.o%2527hara%252Bshop%2540ex%25C3%25A4mple.example",
    4: "ren&amp;eacute;.o&amp;#39;hara+shop@ex&amp;auml;mple.example",
    5: "rené.o'hara+sh<wbr>op<span>@</span>exämple.example",
    6: "rené.o'hara+sh\u200bop@ex\u00adämple.exam&shy;ple",
    7: ADDRESS.replace("@", "\uff20").replace("'", "\u2019"),
    8: "ren=C3=A9.o'hara+sh=\r\nop@ex=C3=A4mple.example",
}
NAMES = {
    11: "Ren&eacute; O&#39;Hara",
    12: "Ren&eacute;&nbsp;O&rsquo;Hara",
    13: unicodedata.normalize("NFD", NAME.upper()),
    14: "O'Hara, René",
    15: NAME.replace("'", "\u2019"),
}
# Of the person's own errands.
WRITERS = {
    21: ADDRESS.upper(),
    22: unicodedata.normalize("NFD", ADDRESS),
    23: "rené.o'hara+shop@xn--exmple-cua.example",
    24: "rené.o'hara+sh\u200bop@exämple.example",
}


@pytest.fixture
def spelled(offline_bridge, document):
    """Errands of the person, and errands of others that mention the person."""
    sample = document("errand_report_33")
    texts = {
        **SPELLINGS,
        **{number: f"{name}] <p>{ADDRESS}</p> [" for number, name in NAMES.items()},
    }
    reports = {}
    for number in (*texts, *WRITERS):
        reports[number] = report_of(sample, number)
        data = reports[number]["data"]["attributes"]["basic"]["data"]
        if number in WRITERS:
            data |= {"fromAddress": WRITERS[number], "fromName": NAME, "body": "I am René."}
        else:
            data["body"] = f"<p>Before [{texts[number]}] after</p>"
    centre = Centre(bridge=offline_bridge, reports=reports, ratings={})
    centre.fetch(*reports)
    return centre


def bodies(centre):
    found = centre.bridge.rows(
        "SELECT errand_id, from_address, from_name, body_html FROM cention.errand ORDER BY 1"
    )
    return {row["errand_id"]: row for row in found}


def test_every_spelling_in_the_texts_of_others_is_erased(spelled, terminal):
    terminal.json("erase", "--address", ADDRESS, "--yes")

    after = bodies(spelled)
    assert {number: after[number]["body_html"] for number in SPELLINGS} == dict.fromkeys(
        SPELLINGS, "<p>Before [[erased]] after</p>"
    )
    assert {number: after[number]["body_html"] for number in NAMES} == dict.fromkeys(
        NAMES, "<p>Before [[erased]] <p>[erased]</p> [] after</p>"
    )


def test_the_persons_own_errands_are_erased_in_every_spelling(spelled, terminal):
    found = terminal.json("erase", "--address", ADDRESS, "--yes")

    after = bodies(spelled)
    assert found["erasure"]["errands"] == len(WRITERS)
    assert [
        (number, after[number]["from_address"], after[number]["body_html"]) for number in WRITERS
    ] == [(number, None, None) for number in WRITERS]


@pytest.mark.parametrize("spelling", [WRITERS[22], WRITERS[23]])
def test_the_person_may_be_named_in_any_spelling(spelled, terminal, spelling):
    found = terminal.json("erase", "--address", spelling, "--yes")

    assert found["erasure"]["errands"] == len(WRITERS)


def test_an_export_finds_what_an_erasure_finds(spelled, terminal):
    found = json.loads(terminal.run("export-person", "--address", ADDRESS).stdout)

    errands = {row["errand_id"] for row in found["tables"]["cention.errand"]}
    assert errands == {*SPELLINGS, *NAMES, *WRITERS}
