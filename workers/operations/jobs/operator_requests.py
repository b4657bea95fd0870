"""What operators ask for that takes long: recorded with who asked, then carried out by a worker."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from workers.config.settings import Settings
from workers.database import Connection
from workers.operations.jobs.nudges import request_operator_work
from workers.operations.store import operator_actions, operator_requests
from workers.operations.store.operator_requests import Kind, NewRequest
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.store import survey_rules

REQUESTED = "requested"
MAX_SUBJECT_CHARACTERS = 320  # of an address, a number or a name of a reviewer
MAX_DAYS = 366

Asked = tuple[int, str | None]
"""The number of a request, and why workers could not be nudged."""


class BadPerson(ValueError):
    """Nothing that identifies a person was typed, or it is too long."""


class NoDryRun(LookupError):
    """There is no dry run of the last hour whose erasure was not asked for yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRequests:
    """What one person asks for. No transaction of ``conn`` is in progress.

    A lost nudge loses nothing: the workers look for requests by themselves.
    """

    conn: Connection
    settings: Settings
    person: str

    def check(self) -> Asked:
        """Ask for the checks of ``cention check``."""
        return self._ask(NewRequest(kind=Kind.CHECK))

    def preview(self, workspace: str, rule: str, *, days: int) -> Asked:
        """Ask what a rule would have done in the last days, from 1 to ``MAX_DAYS``.

        Raises ``UnknownRule``.
        """
        known = {state.name for state in survey_rules.states(self.conn, workspace)}
        if rule not in known:
            raise UnknownRule(rule)
        return self._ask(NewRequest(kind=Kind.PREVIEW, workspace=workspace, rule=rule, days=days))

    def dry_run(self, address: str, reviewers: tuple[str, ...]) -> Asked:
        """Ask what an erasure would change. Raises ``BadPerson``."""
        subject = subject_document(address, reviewers)
        return self._ask(NewRequest(kind=Kind.ERASE_DRY_RUN, subject=subject))

    def export_person(self, address: str, reviewers: tuple[str, ...]) -> Asked:
        """Ask for all stored data of a person. Raises ``BadPerson``."""
        subject = subject_document(address, reviewers)
        return self._ask(NewRequest(kind=Kind.EXPORT_PERSON, subject=subject))

    def erase(self, dry_run: int) -> Asked:
        """Ask for the erasure of the person whom a dry run was about. Raises ``NoDryRun``."""
        with self.conn.transaction():
            subject = operator_requests.take_subject(self.conn, dry_run)
            if subject is None:
                raise NoDryRun(dry_run)
            number = self._add(NewRequest(kind=Kind.ERASE, subject=subject))
        return number, request_operator_work(self.settings)

    def _ask(self, new: NewRequest) -> Asked:
        with self.conn.transaction():
            number = self._add(new)
        return number, request_operator_work(self.settings)

    def _add(self, new: NewRequest) -> int:
        number = operator_requests.add(self.conn, self.person, new)
        operator_actions.record(
            self.conn,
            self.person,
            new.kind,
            REQUESTED,
            workspace=new.workspace,
            of=named(number),
        )
        return number


def named(number: int) -> str:
    """Return how the record of what operators did names a request: nothing about the person."""
    return f"operator_request {number}"


def subject_document(address: str, reviewers: tuple[str, ...]) -> bytes:
    """Return the person as the request has it, JSON in UTF-8. Raises ``BadPerson``."""
    address, reviewers = address.strip(), tuple(filter(None, map(str.strip, reviewers)))
    words = [address, *reviewers]
    if not any(words) or any(len(word) > MAX_SUBJECT_CHARACTERS or "\0" in word for word in words):
        raise BadPerson
    return orjson.dumps({"address": address, "reviewers": reviewers})


def read_subject(subject: bytes) -> tuple[str, tuple[str, ...]]:
    """Return address and reviewers of the person that a request is about."""
    document = orjson.loads(subject)
    return document["address"], tuple(document["reviewers"])
