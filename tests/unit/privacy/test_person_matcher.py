"""A person is matched in every spelling of the address, and in no other address."""

from __future__ import annotations

import pytest

from workers.privacy.rules.person_matcher import PersonMatcher

PERSON = PersonMatcher("A.b-C@Example.org", ["Anna O'Neil", "x", None])


@pytest.mark.parametrize(
    "text",
    [
        "a.b-c@example.org",
        "A.B-C@EXAMPLE.ORG",
        "Anna (a.b-c@example.org)",
        "<a.b-c@example.org>, b@example.org",
        "&lt;a.b-c@example.org&gt;",
        "'a.b-c@example.org'",
        "a.b-c@example.org.",
        "a.b-c@example.org - and more",
        "mailto:a.b-c%40example.org?subject=x",
        "%3Ca.b-c%40example%2eorg%3E",
        "a&#46;b&#x2d;c&commat;example&period;org",
        "a.b&#0045;c&#064;example.org",
        "line\na.b-c@example.org\nline",
    ],
)
def test_the_address_is_found_in_every_spelling(text):
    assert PERSON.has_address(text)
    assert "example" not in PERSON.redact(text).lower().replace("b@example.org", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "da.b-c@example.org",
        "x.a.b-c@example.org",
        "x+a.b-c@example.org",
        "x-a.b-c@example.org",
        "x%2Ba.b-c%40example.org",
        "x&plus;a.b-c@example.org",
        "o'a.b-c@example.org",
        "o&#39;a.b-c@example.org",
        "a.b-c@example.organic",
        "a.b-c@example.org.uk",
        "a.b-c@example.org%2Euk",
        "a.b-c@example.org-x",
        "axb-c@example.org",
    ],
)
def test_another_address_does_not_match(text):
    assert not PERSON.has_address(text)
    assert PERSON.redact(text) == text


def test_names_are_found_as_words_however_they_are_spaced_and_escaped():
    text = "ANNA  o'neil, Anna O&#x27;Neil, Joanna O'Neil, x"

    assert PERSON.redact(text) == "[erased], [erased], Joanna O'Neil, x"
    assert PERSON.redact(text, names=False) == text


def test_an_address_without_an_at_sign_is_found_only_as_the_whole_text():
    person = PersonMatcher("anna")

    assert person.has_address(" Anna ")
    assert not person.has_address("Anna and Beth")


def test_a_matcher_without_an_address_matches_nothing():
    matcher = PersonMatcher("")

    assert not matcher.has_address("")
    assert not matcher.matches("")


def test_the_pattern_for_the_database_may_match_more_and_never_less():
    assert PERSON.ilike_patterns == ["%a%b%c%example%org%"]
    assert PersonMatcher("åsa@exämple.se").ilike_patterns == ["%sa%ex%mple%se%"]


def test_a_number_is_found_as_it_was_given_and_in_e_164_and_only_as_a_whole_text():
    person = PersonMatcher("070-174 06 05", number="+46701740605").with_names(["Anna Berg"])

    assert all(map(person.matches, ("070-174 06 05", "+46701740605")))
    assert [person.has_address(text) for text in ("+46701740605", "x +46701740605", "46")] == [
        *(True, False, False)
    ]
    assert person.ilike_patterns == ["%070%174%06%05%", "%46701740605%"]
