"""Surveys on our pages in a campaign: their vendors' faults, and persons who opt out meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from deploy.sandbox.world.customers import customer
from tests.chaos.bridge import ChaosBridge
from tests.chaos.repeating import repeating
from workers.surveys.rules.link import digest_of
from workers.surveys.rules.person import Contact, read_contact

CHATS_EVERY_S = 2.0  # fewer than the 60 that may begin in a minute
OBJECT_EVERY_S = 8.0
WRITERS = 1000  # the customers with the lowest numbers write again and again
FIRST_OBJECTORS = 100  # before the rules are on
OBJECTORS = 5  # at once
ONE_IN = 12  # of those who got a mail stops further ones by their mail program
# Of requests that send something; the other faults that these requests have are for all vendors.
SENDING = ["centracx.reply", "alvaria.outcome", "mail.message"]
FAULTS = {
    "reply_lost": {"probability": 0.05},
    "question_as_text": {"probability": 0.2},
    "dialog_gone": {"probability": 0.03},
}


@dataclass(slots=True, kw_only=True)
class Objectors:
    """Persons who do not want to be asked, and since when the bridge has confirmed it."""

    bridge: ChaosBridge
    persons: dict[str, float] = field(default_factory=dict)  # epoch seconds, by address
    links: set[str] = field(default_factory=set)  # digests of those by which persons objected
    _seen: set[str] = field(default_factory=set)  # links
    _next: int = 0  # number of a customer

    def object_before_all(self) -> None:
        """Opt out many customers who write often."""
        assert self._import([self._customer() for _ in range(FIRST_OBJECTORS)])

    def object_now(self) -> None:
        """Opt out some customers as an operator does, and some by the button of a mail program."""
        addresses = [self._customer() for _ in range(OBJECTORS)]
        while not self._import(addresses):
            time.sleep(1)
        for message in self.bridge.sandbox.get("truth/surveys")["messages"]:
            token = (message["link"] or "").rpartition("/s/")[2]
            if token and token not in self._seen:
                self._seen.add(token)
                if digest_of(token)[0] % ONE_IN == 0:
                    self._stop(token, person_of(message["contact"]))

    def _customer(self) -> str:
        self._next += 7
        return customer(self._next % WRITERS).address

    def _import(self, addresses: list[str]) -> bool:
        """Opt out by the command; return whether it said that it was done."""
        arguments = ("surveys", "opt-out", "import", "-")
        done = self.bridge.cention(*arguments, given="\n".join(addresses)).returncode == 0
        if done:
            self.persons |= dict.fromkeys(addresses, time.time())
        return done

    def _stop(self, token: str, person: str) -> None:
        receiver = self.bridge.run.addresses()["RECEIVER_URL"]
        form = {"List-Unsubscribe": "One-Click"}
        with contextlib.suppress(requests.RequestException):
            answer = requests.post(f"{receiver}/s/{token}/stop", data=form, timeout=20)
            if answer.status_code == 200:
                self.links.add(digest_of(token).hex())
                self.persons.setdefault(person, time.time())


def person_of(contact: str) -> str:
    """Return a contact as the bridge writes it; one that it cannot read is returned as it is."""
    read = read_contact(contact, country=None)
    return read.text if isinstance(read, Contact) else contact


@contextmanager
def objecting(bridge: ChaosBridge) -> Iterator[Objectors]:
    """Have persons opt out every few seconds."""
    objectors = Objectors(bridge=bridge)
    objectors.object_before_all()
    with repeating(objectors.object_now, every_s=OBJECT_EVERY_S):
        yield objectors
