"""Invitations whose link an operator hands over: nobody is written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.person import Contact

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingInvitation:
    """The invitation that an errand has."""

    reference: str
    rule: str | None  # None: a link that was handed over
    vendor: str
    state: str
    expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedLink:
    """A new invitation whose link is handed over."""

    reference: str
    digest: bytes = field(repr=False)  # of its token
    vendor: str
    survey: Mapping[str, Any]
    rule_version: int
    contact: Contact
    person: bytes = field(repr=False)
    event_at: datetime | None
    expires_after: timedelta


def wait_for_deciders(conn: Connection[Any], workspace: str) -> None:
    """Wait until nobody decides about errands, until the transaction ends."""
    conn.execute(SQL["wait_for_deciders"], {"workspace": workspace})


def of_errand(conn: Connection[Any], workspace: str, errand_id: int) -> ExistingInvitation | None:
    """Return the invitation about an errand; ``None`` if there is none."""
    parameters = {"workspace": workspace, "errand_id": errand_id}
    with conn.cursor(row_factory=class_row(ExistingInvitation)) as cursor:
        return cursor.execute(SQL["invitation_of_errand"], parameters).fetchone()


def save(conn: Connection[Any], workspace: str, facts: ErrandFacts, new: HandedLink) -> None:
    """Record a new invitation, and the decision that it is."""
    parameters = {
        "workspace": workspace,
        "reference": new.reference,
        "errand_id": facts.errand_id,
        "thread_id": facts.thread_id,
        "rule_version": new.rule_version,
        "vendor": new.vendor,
        "survey": orjson.dumps(new.survey).decode(),
        "channel": new.contact.channel.value,
        "contact": new.contact.text,
        "contact_name": facts.contact_name or None,
        "person": new.person,
        "area_id": facts.area_id,
        "agent_id": facts.agent_id,
        "service_id": facts.service_id,
        "organisation_id": facts.organisation_id,
        "answered_by": facts.answered_by,
        "tag_ids": list(facts.tag_ids),
        "event_at": new.event_at,
        "expires_after": new.expires_after,
        "digest": new.digest,
    }
    conn.execute(SQL["save_handed_link"], parameters)


def save_token(conn: Connection[Any], workspace: str, reference: str, digest: bytes) -> None:
    """Record the secret of a link that is shown."""
    parameters = {"workspace": workspace, "reference": reference, "digest": digest}
    conn.execute(SQL["save_token"], parameters)
