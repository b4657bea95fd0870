"""A person: one notation of address or number, and a hash that leads to nobody."""

from __future__ import annotations

import pytest

from workers.surveys.rules.person import Channel, Contact, ContactProblem, hash_of, read_contact

KEY = b"k" * 32


def read(text, country="SE"):
    return read_contact(text, country=country)


@pytest.mark.parametrize("text", ["Anna@Example.org", " anna@EXAMPLE.ORG\n"])
def test_case_and_blanks_of_an_address_make_no_difference(text):
    assert read(text) == Contact(Channel.EMAIL, "anna@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "070-174 06 05",
        "+46 70 174 06 05",
        "+46\u00a070\u202f1740605",
        "0046701740605",
        "tel:+46-70-1740605",
    ],
)
def test_every_notation_of_a_number_is_the_same_person(text):
    assert read(text) == Contact(Channel.MOBILE, "+46701740605")


def test_both_ways_to_write_an_accent_are_the_same_person():
    assert read("rene\u0301@example.org") == read("ren\u00e9@example.org")


def test_a_number_without_a_prefix_needs_a_country():
    assert read("070-174 06 05", country=None) is ContactProblem.BAD
    assert read("+46701740605", country=None) == Contact(Channel.MOBILE, "+46701740605")


@pytest.mark.parametrize("text", [None, "", " \t"])
def test_nothing_is_no_address(text):
    assert read(text) is ContactProblem.NONE


@pytest.mark.parametrize(
    "text",
    [
        *("x", "a@b", "@b.org", "a@", "a b@c.org", "a@b..org", "a@b.org, c@d.org", "a@b.org\0"),
        *("A <a@b.org>", "08-123 456 78", "112", "+46", "x" * 400, "twitter-user-42"),
    ],
)
def test_what_cannot_be_invited_is_a_bad_address(text):
    assert read(text) is ContactProblem.BAD


@pytest.mark.parametrize(
    "local",
    [
        *("noreply", "no-reply", "NO_REPLY", "donotreply", "do-not-reply", "do.not.reply"),
        *("mailer-daemon", "postmaster", "bounce", "bounces+123", "shop-noreply", "noreply+5"),
    ],
)
def test_robots_are_known_by_their_addresses(local):
    assert read(f"{local}@example.org").is_robot


@pytest.mark.parametrize("local", ["nora", "noah.reply", "reply", "bouncer", "anna.postmaster"])
def test_people_are_no_robots(local):
    assert not read(f"{local}@example.org").is_robot


def test_a_domain_includes_those_below_it_and_no_other():
    own = "nordkust.example"

    assert read("a@nordkust.example").is_at(own)
    assert read("a@mail.nordkust.example").is_at(own)
    assert not read("a@notnordkust.example").is_at(own)
    assert not read("+46701740605").is_at(own)


def test_the_hash_depends_on_person_and_key_alone():
    anna = hash_of(KEY, read("Anna@example.org"))

    assert anna == hash_of(KEY, read("anna@example.org"))
    assert anna != hash_of(b"x" * 32, read("anna@example.org"))
    assert anna != hash_of(KEY, read("bo@example.org"))
    assert len(anna) == 32


def test_a_contact_shows_nobody():
    assert "anna" not in repr(read("anna@example.org"))
