"""The person who is erased or exported, from what somebody typed; the erasure with its exports."""

from __future__ import annotations

from workers.config.settings import Settings
from workers.database import Connection
from workers.operations.store import operator_requests
from workers.privacy.jobs import erase_person
from workers.privacy.jobs.data_subject import DataSubject
from workers.privacy.jobs.erase_person import Erasure
from workers.privacy.jobs.find_person import Progress
from workers.surveys.rules.person import Channel, Contact, read_contact


class SpoolUnchangeable(Exception):
    """The spool of this machine cannot be changed; the text says why."""


def data_subject(settings: Settings, address: str, reviewers: tuple[str, ...]) -> DataSubject:
    """Return the person to search for, with the spool of this machine if it has one."""
    spool = settings.spool_dir if settings.spool_dir.exists() else None
    contact = read_contact(address, country=settings.survey_country)
    number = None
    if isinstance(contact, Contact) and contact.channel is Channel.MOBILE:
        number = contact.text
    return DataSubject(address=address, number=number, reviewers=reviewers, spool=spool)


def erase(conn: Connection, subject: DataSubject, *, dry_run: bool, progress: Progress) -> Erasure:
    """Erase a person, and all finished exports of the web face: one may be of that person.

    ``conn`` is in autocommit mode. Raises ``SpoolUnchangeable``; whatever ends it, it may be run
    again.
    """
    try:
        found = erase_person.erase(conn, subject, dry_run=dry_run, progress=progress)
    except OSError as error:
        raise SpoolUnchangeable(
            f"The spool {subject.spool} cannot be changed: {error.strerror}."
        ) from None
    if not dry_run:
        operator_requests.delete_exports(conn)
    return found
