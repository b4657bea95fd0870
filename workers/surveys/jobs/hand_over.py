"""Makes links to surveys that an operator hands over: nobody is written to by us."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection

from schemas.surveys.rule import MAILED, Event, Vendor
from schemas.surveys.rules import RulesFile
from workers.surveys.jobs.decide import REFERENCE_BYTES
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace, load_rules
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.link import digest_of, link_of, token_of
from workers.surveys.rules.person import Contact, ContactProblem, hash_of, read_contact
from workers.surveys.store import errand_facts, handed_links, opt_outs, person_keys
from workers.surveys.store.handed_links import ExistingInvitation, HandedLink

EXPIRES_AFTER = timedelta(days=30)
SHOWN_STATES = frozenset({"triggered", "unknown"})  # the person may have the link already


class NoLink(ValueError):
    """There is no link for this errand; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which survey the links are to lead to."""

    vendor: Vendor | None = None  # None: CentraCX if the rules file says which, else an own page
    page: str | None = None  # of an own page; None: the only one of the rules file
    has_centracx: bool  # whether there is an account


def link_for(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    errand_id: int,
    *,
    wanted: Wanted,
    public_url: str,
) -> str:
    """Return the link to a survey about an errand: a new one, or that which it has.

    Raises ``NoLink``, or ``NoPersonKey``. The caller is in a transaction, and commits before it
    shows the link.
    """
    key = person_keys.read(conn, workspace.name)
    if key is None:
        raise NoPersonKey(workspace.name)
    handed_links.wait_for_deciders(conn, workspace.name)
    rules = load_rules(conn, workspace.name)
    if rules is None:
        raise NoLink("No rules are loaded. To load some: cention surveys rules load FILE")
    facts = next(iter(errand_facts.read(conn, workspace.name, [errand_id])), None)
    if facts is None:
        raise NoLink(
            f"Errand {errand_id} is not in the database. To fetch it: cention want {errand_id}"
        )
    contact = _contact_of(facts, workspace)
    person = hash_of(key, contact)
    if opt_outs.among(conn, workspace.name, [person]):
        raise NoLink(f"The customer of errand {errand_id} has opted out.")
    existing = handed_links.of_errand(conn, workspace.name, errand_id)
    reference = _reference_of(errand_id, existing, wanted)
    token = token_of(key, reference)
    if existing is not None:
        handed_links.save_token(conn, workspace.name, reference, digest_of(token))
        return link_of(public_url, token)
    vendor, survey = _survey(rules.file, wanted)
    new = HandedLink(
        reference=reference,
        digest=digest_of(token),
        vendor=vendor.value,
        survey=survey,
        rule_version=rules.version,
        contact=contact,
        person=person,
        event_at=facts.event_at(Event.ANSWERED) or facts.event_at(Event.CLOSED),
        expires_after=EXPIRES_AFTER,
    )
    handed_links.save(conn, workspace.name, facts, new)
    return link_of(public_url, token)


def _contact_of(facts: ErrandFacts, workspace: SurveyWorkspace) -> Contact:
    """Return the customer: without an address or a number nobody could object."""
    for is_so, word in ((facts.erased, "erased"), (facts.deleted, "deleted"), (facts.gone, "gone")):
        if is_so:
            raise NoLink(f"Errand {facts.errand_id} is {word}.")
    contact = read_contact(facts.contact, country=workspace.country)
    if isinstance(contact, ContactProblem):
        raise NoLink(
            f"Errand {facts.errand_id} has no address or mobile number: its customer could not "
            "be recognised, nor opt out."
        )
    return contact


def _reference_of(errand_id: int, existing: ExistingInvitation | None, wanted: Wanted) -> str:
    """Return the reference of the link that an errand has, or a new one."""
    if existing is None:
        return secrets.token_urlsafe(REFERENCE_BYTES)
    if existing.expired:
        raise NoLink(f"The survey about errand {errand_id} has expired.")
    others = wanted.vendor not in (None, existing.vendor)
    if existing.vendor not in MAILED or existing.state not in SHOWN_STATES or others:
        raise NoLink(
            f"Errand {errand_id} has an invitation by {existing.vendor} already, which is "
            f"{existing.state}: there is one for each errand."
        )
    return existing.reference


def _survey(file: RulesFile, wanted: Wanted) -> tuple[Vendor, Mapping[str, Any]]:
    """Return the vendor, and its survey as a rule would name it."""
    vendor = wanted.vendor
    if vendor is None:
        usable = wanted.has_centracx and file.centracx_survey is not None
        vendor = Vendor.CENTRACX if usable else Vendor.OWN
    if vendor is Vendor.CENTRACX:
        if not wanted.has_centracx:
            raise NoLink("There is no account at CentraCX to ask its questions: set CENTRACX_URL.")
        if file.centracx_survey is None:
            raise NoLink("The rules file names no survey for links: add [centracx] survey = 2")
        return vendor, {"id": file.centracx_survey}
    return vendor, {"page": _page(file, wanted.page)}


def _page(file: RulesFile, name: str | None) -> str:
    names = [page.name for page in file.pages]
    if name is not None:
        if name not in names:
            raise NoLink(f"The rules file has no [[page]] with the name {name!r}.")
        return name
    if len(names) != 1:
        raise NoLink(f"The rules file has {len(names)} pages. Choose one with --page NAME.")
    return names[0]
