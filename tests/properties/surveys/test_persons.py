"""One person, however the address or the number is written."""

from __future__ import annotations

import phonenumbers
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Format

from workers.surveys.rules.person import Channel, Contact, hash_of, read_contact

KEY = b"k" * 32
FORMATS = (Format.E164, Format.INTERNATIONAL, Format.NATIONAL)
LOCAL = st.from_regex(r"[a-z0-9]([a-z0-9.+_-]{0,20}[a-z0-9])?", fullmatch=True)
HOST = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.(com|se|example)", fullmatch=True)
BLANKS = st.text(" \t\n", max_size=3)
SEPARATORS = st.text(" -./()", min_size=1, max_size=1)


def person(text: str) -> bytes:
    contact = read_contact(text, country="SE")
    assert isinstance(contact, Contact), text
    return hash_of(KEY, contact)


@given(local=LOCAL, host=HOST, before=BLANKS, after=BLANKS, cases=st.randoms(use_true_random=False))
def test_an_address_is_the_same_person_in_any_case_and_with_blanks_around_it(
    local, host, before, after, cases
):
    address = f"{local}@{host}"
    written = "".join(cases.choice((letter.lower(), letter.upper())) for letter in address)

    assert person(f"{before}{written}{after}") == person(address)


@given(number=st.integers(700_000_000, 739_999_999), between=SEPARATORS, at=st.integers(1, 7))
def test_a_number_is_the_same_person_in_any_notation(number, between, at):
    parsed = phonenumbers.parse(f"+46{number}", None)
    assume(phonenumbers.is_valid_number(parsed))
    national, digits = f"0{number}", str(number)

    same = {
        person(text)
        for text in (
            *(f"+46{number}", f"0046{number}", national, f"+46 (0){number}"),
            *(phonenumbers.format_number(parsed, one) for one in FORMATS),
            f"+46 {digits[:at]}{between}{digits[at:]}",
        )
    }

    assert len(same) == 1


@given(one=st.integers(700_000_000, 739_999_999), other=st.integers(700_000_000, 739_999_999))
def test_two_numbers_are_two_persons(one, other):
    assume(one != other)
    read = [read_contact(f"+46{number}", country=None) for number in (one, other)]
    assume(all(isinstance(contact, Contact) for contact in read))

    assert {contact.channel for contact in read} == {Channel.MOBILE}
    assert len({contact.text for contact in read}) == 2
