"""The customers of the simulated contact centre: some thousands, each made from its number.

The customers are the same in every sandbox. Who of them writes, when, and how they spell their
address or number this time depends on the seed. Nothing about them is stored.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from deploy.sandbox.world import names, sample_data
from deploy.sandbox.world.sample_data import Person, Service
from deploy.sandbox.world.telephone_numbers import CAPACITY, SWEDISH, spellings

CUSTOMERS = CAPACITY  # as many as there are numbers, so that each has its own
# The number of the customer who writes is CUSTOMERS times a random number to this power: the tenth
# with the lowest numbers writes a third of all errands, while most of the others write once.
RETURNING_POWER = 2

# Shares of the errands.
SAMPLE_SHARE = 0.04  # of the people of the sample data
ROBOT_SHARE = 0.03  # of programs that read no answer; in the SMS channel, senders with a name
STAFF_SHARE = 0.02  # of own staff; none in the SMS channel
NO_ADDRESS_SHARE = 0.01  # without an address, or from a hidden number
SWEDISH_SHARE = 0.6  # of text messages; the others are from America

# Shares of the customers.
HOSTILE_SHARE = 0.02  # have a name that means harm
NAMELESS_SHARE = 0.05
TAGGED_SHARE = 0.06  # have "+something" in the address
UNICODE_SHARE = 0.01  # have letters beyond ASCII in the address

# Shares of the spellings of an address.
CAPITALISED_SHARE = 0.15  # Ann.Smith@
UPPER_SHARE = 0.05  # ANN.SMITH@

DOMAINS = (
    *("customer.example", "mail.example", "post.example", "inbox.example", "fox.example"),
    *("brev.example", "posti.example", "firma.example", "kunde.post.example", "uni.ac.example"),
)
TAGS = ("+orders", "+nordkust", "+2026", "+spam", "+a.b")
STAFF_DOMAINS = ("nordkust.example", "care.nordkust.example")
ROBOTS = (
    *("noreply@parcels.example", "no-reply@shop.example", "MAILER-DAEMON@mail.example"),
    *("postmaster@customer.example", "auto-reply@firma.example", "DoNotReply@bank.example"),
    *("bounce+4711@lists.example",),
)
NAMED_SENDERS = ("PARCELS", "Nordkust", "INFO")
HIDDEN = Person("", "")
FIRST_CLIENT_ID = 101
# Letters that have no decomposition, as people write them in addresses.
ASCII_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae"})


@dataclass(kw_only=True)
class Customers:
    """Chooses who writes next, with a generator of its own so that other choices stay the same."""

    rng: random.Random

    def writer(self, service: Service) -> Person:
        """Return who writes the next errand through ``service``."""
        choose, drawn = self.rng.choice, self.rng.random()
        by_text = service.name == sample_data.SMS.name
        kinds: tuple[tuple[float, Callable[[], Person]], ...] = (
            (NO_ADDRESS_SHARE, lambda: HIDDEN),
            (ROBOT_SHARE, lambda: Person("", choose(NAMED_SENDERS if by_text else ROBOTS))),
            (0 if by_text else STAFF_SHARE, lambda: _member_of_staff(self.rng)),
            (0 if by_text else SAMPLE_SHARE, lambda: choose(sample_data.PEOPLE)),
        )
        for share, person in kinds:
            if drawn < share:
                return person()
            drawn -= share
        return self._by_text() if by_text else self._by_mail()

    def _by_mail(self) -> Person:
        person = customer(self._number(0, CUSTOMERS))
        return person._replace(address=spelled(person.address, self.rng))

    def _by_text(self) -> Person:
        swedish = self.rng.random() < SWEDISH_SHARE
        number = self._number(0, SWEDISH) if swedish else self._number(SWEDISH, CUSTOMERS)
        return customer(number)._replace(address=self.rng.choice(spellings(number)))

    def _number(self, first: int, end: int) -> int:
        return first + int((end - first) * self.rng.random() ** RETURNING_POWER)


def customer(number: int) -> Person:
    """Return the customer of a number below ``CUSTOMERS``, with the address in lower case."""
    rng = random.Random(f"customer {number}")  # noqa: S311  # repeatable, not for security
    given, family = map(rng.choice, rng.choice(names.LANGUAGES))
    name = f"{given} {family}"
    local = _local_part(given, family, number, ascii_only=rng.random() >= UNICODE_SHARE)
    if rng.random() < TAGGED_SHARE:
        local += rng.choice(TAGS)
    drawn = rng.random()
    if drawn < HOSTILE_SHARE:
        name = rng.choice(names.HOSTILE)
    elif drawn < HOSTILE_SHARE + NAMELESS_SHARE:
        name = ""
    return Person(name, f"{local}@{rng.choice(DOMAINS)}", FIRST_CLIENT_ID + number)


def spelled(address: str, rng: random.Random) -> str:
    """Return ``address`` in one of the cases in which people write it."""
    drawn = rng.random()
    if drawn < UPPER_SHARE:
        return address.upper()
    if drawn < UPPER_SHARE + CAPITALISED_SHARE:
        local, _, domain = address.partition("@")
        return f"{local.title()}@{domain}"
    return address


def _local_part(given: str, family: str, number: int, *, ascii_only: bool) -> str:
    """Return the part before the @, which no other customer has."""
    words = "".join(c if c.isalnum() else "." for c in f"{given} {family}".lower())
    if ascii_only:
        plain = unicodedata.normalize("NFKD", words.translate(ASCII_LETTERS))
        words = plain.encode("ascii", "ignore").decode()
    return ".".join([*filter(None, words.split(".")), str(number)])


def _member_of_staff(rng: random.Random) -> Person:
    agent = rng.choice(sample_data.AGENTS)
    address = f"agent{agent.item_id}@{rng.choice(STAFF_DOMAINS)}"
    return Person(agent.name, spelled(address, rng))
