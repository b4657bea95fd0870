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


RENE = PersonMatcher("rené.o'hara+shop@exämple.example", ["René O'Hara"])


@pytest.mark.parametrize(
    "text",
    [
        "rené.o'hara+shop@exämple.example",
        "RENE\u0301.O'HARA+SHOP@EXA\u0308MPLE.EXAMPLE",
        "rené.o'hara+shop@xn--exmple-cua.example",
        "ren%C3%A9.o%27hara%2Bshop%40ex%C3%A4mple.example",
        "ren%25c3%25a9.o%2527hara%252Bshop%2540ex%25C3%25A4mple.example",
        "ren&eacute;.o&#39;hara&#43;shop&#64;ex&auml;mple.example",
        "ren&amp;eacute;.o&amp;#39;hara+shop@ex&amp;auml;mple.example",
        "rené.o'hara+shop@<wbr>exämple.example",
        "rené.o'hara+sh<wbr/>op<span>@</span>exämple.example",
        "rené.o'hara+sh\u200bop@ex\u00adämple.example",
        "rené.o'hara+shop@ex&shy;ämple.exam&ZeroWidthSpace;ple",
        "rené.o\u2019hara+shop\uff20exämple.example",
        "rené.o'hara+shop @ exämple.example",
        "ren=C3=A9.o'hara+sh=\r\nop@ex=C3=A4mple.example",
        r"ren\u00e9.o'hara+shop@ex\xe4mple.example",
        '<a href="mailto:rené.o\'hara+shop@exämple.example?subject=x">',
        "<td>Kim</td><td>rené.o'hara+shop@exämple.example</td><td>x</td>",
    ],
)
def test_an_address_of_any_letters_is_found_in_every_spelling(text):
    assert RENE.has_address(f"before {text} after")
    shown = RENE.redact(f"before {text} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "mple" not in shown
    assert "hara" not in shown.lower()


@pytest.mark.parametrize(
    "name",
    [
        "René O'Hara",
        "RENE\u0301 O\u2019HARA",
        "Ren&eacute; O&#39;Hara",
        "Ren&eacute;&nbsp;O&rsquo;Hara",
        "René\u00a0O'Hara",
        "René\r\n O'Hara",
        "O'Hara, René",
        "O'Hara René",
        "<b>René</b> O'Hara",
    ],
)
def test_a_name_is_found_in_every_spelling(name):
    assert RENE.redact(f"Dear {name}!") in ("Dear [erased]!", "Dear <b>[erased]!")


@pytest.mark.parametrize("stored", ["O'Hara, René", "O'HARA,René", "o'hara,  rené"])
def test_a_name_that_is_stored_with_its_last_word_first_is_found_either_way(stored):
    person = PersonMatcher("rene@shop.example", [stored])

    assert person.redact(f"René\nO\u2019Hara, then {stored}.") == "[erased], then [erased]."


@pytest.mark.parametrize("domain", ["my_shop.example", "a..example", "-x.example"])
def test_an_address_in_a_domain_that_dns_does_not_have_is_found(domain):
    person = PersonMatcher(f"kim@{domain}")

    assert person.redact(f"From kim@{domain}: hello") == "From [erased]: hello"
    assert person.matches(f"KIM@{domain}")


@pytest.mark.parametrize(
    "address",
    [
        "RENE\u0301.o'hara+shop@exa\u0308mple.example",
        "rené.o'hara+shop@xn--exmple-cua.example",
        "rené.o'hara+shop@EXÄMPLE.example",
    ],
)
def test_the_person_may_be_given_in_any_spelling(address):
    person = PersonMatcher(address)

    assert person.matches("rené.o'hara+shop@exämple.example")
    assert RENE.matches(address)
    assert person.spellings == RENE.spellings


def test_the_spellings_are_those_that_a_database_may_hold():
    assert PersonMatcher("åsa@exämple.se", number="+46701").spellings == sorted(
        [
            "+46701",
            "åsa@exämple.se",
            "a\u030asa@exa\u0308mple.se",
            "åsa@xn--exmple-cua.se",
            "a\u030asa@xn--exmple-cua.se",
        ]
    )


def test_what_surrounds_an_address_stays():
    text = "Å: <p>rené.o'hara+shop@exämple.example</p> ½ &amp; 100 %25 =C3 \\u00e9"

    assert RENE.redact(text) == "Å: <p>[erased]</p> ½ &amp; 100 %25 =C3 \\u00e9"


def test_an_address_without_an_at_sign_is_found_only_as_the_whole_text():
    person = PersonMatcher("anna")

    assert person.has_address(" Anna ")
    assert not person.has_address("Anna and Beth")


def test_a_matcher_without_an_address_matches_nothing():
    matcher = PersonMatcher("")

    assert not matcher.has_address("")
    assert not matcher.matches("")


@pytest.mark.parametrize("domain", ["exämple.se", "exa\u0308mple.se", "xn--exmple-cua.se"])
def test_the_words_for_the_database_are_in_every_spelling(domain):
    assert PERSON.ascii_words == [["a", "b", "c", "example", "org"]]
    assert PersonMatcher(f"åsa@{domain}").ascii_words == [["sa", "ex", "mple", "se"]]


def test_a_number_is_found_as_it_was_given_and_in_e_164_and_only_as_a_whole_text():
    person = PersonMatcher("070-174 06 05", number="+46701740605").with_names(["Anna Berg"])

    assert all(map(person.matches, ("070-174 06 05", "+46701740605")))
    assert [person.has_address(text) for text in ("+46701740605", "x +46701740605", "46")] == [
        *(True, False, False)
    ]
    assert person.ascii_words == [["070", "174", "06", "05"], ["46701740605"]]
