"""Records that persons do not want to be invited, by their addresses or numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace
from workers.surveys.rules.person import Contact, hash_of, read_contact
from workers.surveys.store import opt_outs, person_keys


class BadContact(ValueError):
    """It is neither an address nor a number that could be invited."""


def contact_from(text: str, workspace: SurveyWorkspace) -> Contact:
    """Return the address or number that a person typed. Raises ``BadContact``."""
    contact = read_contact(text, country=workspace.country)
    if not isinstance(contact, Contact):
        raise BadContact(text)
    return contact


def add(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    contacts: Iterable[Contact],
    *,
    source: str,
) -> int:
    """Record objections; return how many are new. Raises ``NoPersonKey``."""
    key = _key(conn, workspace)
    by_hash = {hash_of(key, contact): contact.text for contact in contacts}
    return opt_outs.add(conn, workspace.name, by_hash, source=source)


def remove(conn: Connection[Any], workspace: SurveyWorkspace, contact: Contact) -> bool:
    """End an objection; return ``False`` if there was none. Raises ``NoPersonKey``."""
    return opt_outs.remove(conn, workspace.name, hash_of(_key(conn, workspace), contact))


def _key(conn: Connection[Any], workspace: SurveyWorkspace) -> bytes:
    key = person_keys.read(conn, workspace.name)
    if key is None:
        raise NoPersonKey(workspace.name)
    return key
