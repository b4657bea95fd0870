"""The customers of the sandbox: thousands, of every kind, the same for the same seed."""

from __future__ import annotations

import random
import time
from collections import Counter

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from deploy.sandbox.world import customers, names, sample_data
from deploy.sandbox.world.customers import CUSTOMERS, Customers, customer, spelled
from deploy.sandbox.world.telephone_numbers import CAPACITY, SWEDISH, spellings
from workers.surveys.rules.person import Channel, Contact, ContactProblem, read_contact

EMAIL = sample_data.SERVICES[0]
PEOPLE = {person.address for person in sample_data.PEOPLE}
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
DRAWN = 5_000


def writers(service, *, seed=7, count=DRAWN):
    chosen = Customers(rng=random.Random(seed))
    return [chosen.writer(service) for _ in range(count)]


def contact_of(person):
    return read_contact(person.address, country="SE")


@pytest.fixture(scope="module")
def by_mail():
    return writers(EMAIL)


@pytest.fixture(scope="module")
def by_text():
    return writers(sample_data.SMS)


def share(writers, wanted):
    return sum(map(wanted, writers)) / len(writers)


def test_the_same_seed_chooses_the_same_writers_in_the_same_spelling(by_mail):
    assert writers(EMAIL) == by_mail
    assert writers(EMAIL, seed=8) != by_mail


def test_there_are_thousands_of_customers_and_each_has_an_address_of_its_own():
    addresses = [customer(number).address.casefold() for number in range(CUSTOMERS)]

    assert len(set(addresses)) == CUSTOMERS > 4_000
    assert all(isinstance(read_contact(address, country=None), Contact) for address in addresses)


def test_every_domain_is_reserved_for_examples(by_mail):
    assert all(person.address.casefold().endswith(".example") for person in by_mail if any(person))


def test_every_customer_has_a_number_of_its_own_that_is_a_mobile_one():
    numbers = [phonenumbers.parse(spellings(n)[0]) for n in range(CAPACITY)]

    assert len({str(number) for number in numbers}) == CUSTOMERS
    assert all(map(phonenumbers.is_valid_number, numbers))
    assert {phonenumbers.number_type(number) for number in numbers} == set(MOBILE)


@pytest.mark.parametrize("number", [0, SWEDISH - 1, SWEDISH, CAPACITY - 1])
def test_every_notation_of_a_number_is_the_same_person(number):
    found = {read_contact(text, country="SE") for text in spellings(number)}

    assert found == {Contact(Channel.MOBILE, spellings(number)[0])}
    assert len(set(spellings(number))) > 5


def test_every_spelling_of_an_address_is_the_same_person():
    rng = random.Random(1)
    for number in range(CUSTOMERS):
        address = customer(number).address

        assert contact_of(customer(number)._replace(address=spelled(address, rng))) == Contact(
            Channel.EMAIL, address.casefold()
        )


def test_customers_come_back_some_of_them_often(by_mail):
    times = Counter(contact_of(person) for person in by_mail)

    often = Counter(min(count, 4) for count in times.values())
    assert often[1] > often[2] > often[3]
    assert often[4] > 50


def test_who_comes_back_spells_the_address_in_several_ways(by_mail):
    spelt = {}
    for person in by_mail:
        if person.address not in PEOPLE:
            spelt.setdefault(contact_of(person), set()).add(person.address)

    assert sum(len(found) > 1 for found in spelt.values()) > 100


def test_the_kinds_have_their_shares(by_mail, by_text):
    robots = share(by_mail, lambda p: getattr(contact_of(p), "is_robot", False))
    staff = share(by_mail, lambda p: p.address.casefold().endswith("nordkust.example"))

    for found, stated in (
        (robots, customers.ROBOT_SHARE),
        (staff, customers.STAFF_SHARE),
        (share(by_mail, lambda p: not p.address), customers.NO_ADDRESS_SHARE),
        (share(by_mail, lambda p: p in sample_data.PEOPLE), customers.SAMPLE_SHARE),
        (share(by_mail, lambda p: p.name in names.HOSTILE), customers.HOSTILE_SHARE),
        (share(by_text, lambda p: not p.address), customers.NO_ADDRESS_SHARE),
        (share(by_text, lambda p: contact_of(p) is ContactProblem.BAD), customers.ROBOT_SHARE),
    ):
        assert found == pytest.approx(stated, abs=0.01)
    swedish = share(by_text, lambda p: getattr(contact_of(p), "text", "").startswith("+46"))
    assert swedish == pytest.approx(customers.SWEDISH_SHARE, abs=0.05)


def test_all_robots_are_known_as_robots():
    assert all(read_contact(text, country=None).is_robot for text in customers.ROBOTS)


def test_names_are_of_many_languages_and_some_mean_harm(by_mail):
    written = {person.name for person in by_mail}

    assert written > {"", *names.HOSTILE}
    assert any("ბერიძე" in name for name in written)
    assert any("王" in name for name in written)
    assert any("Åkesson" in name for name in written)


def test_a_thousand_writers_take_less_than_a_second():
    began = time.process_time()

    writers(EMAIL, count=1_000)

    assert time.process_time() - began < 1
