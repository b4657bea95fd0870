"""Creates an errand for each record of a file: once, however often the file is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.errors import DocumentError
from workers.clients import errors
from workers.outbound.jobs import send
from workers.outbound.jobs.deduplication import IdentifiedOrder, identify, identify_again
from workers.outbound.jobs.errand_readers import ImportRecord
from workers.outbound.jobs.send import AlreadySent, Outcome, Sender
from workers.outbound.store import sent_errands
from workers.outbound.store.sent_errands import SentErrand

MAX_TRIES = 5  # of one record, while Cention is busy
PAUSE_S = 5.0  # or longer, if Cention asks for it
MAX_PAUSE_S = 120.0
MAX_CONSECUTIVE_FAILURES = 3  # unknown or unreachable: then the fault is not these records'

FAILS_EVERY_RECORD = (
    errors.Unauthorised,
    errors.WrongUrl,
    errors.Redirected,
    errors.Busy,
)
"""Errors that every other record would meet too.

``Unreachable`` is not one: a server may close the connection because one request is too large.
"""

OnProblem = Callable[[str, str], None]
"""Called with the place of a record and its problem."""


class ImportOutcome(StrEnum):
    """The result of a record; the values are keys of ``cention errands import --json``."""

    TO_CREATE = "would"  # in a dry run
    CREATED = send.CREATED
    CREATED_BEFORE = "again"
    REPEATED = "repeated"  # within the files of a dry run
    UNREADABLE = "bad"
    CONFLICT = "other"  # its message id was used for other content
    REFUSED = send.REFUSED
    UNKNOWN = send.UNKNOWN
    SENDING = send.SENDING  # by another command


FAILED = (
    ImportOutcome.UNREADABLE,
    ImportOutcome.CONFLICT,
    ImportOutcome.REFUSED,
    ImportOutcome.UNKNOWN,
    ImportOutcome.SENDING,
)


class ImportStopped(Exception):
    """The import ended before the file did; imported again, it continues where it stopped."""


class Interrupted(ImportStopped):
    """The operator stopped the import."""


@dataclass(slots=True, kw_only=True)
class ImportCounts:
    """How many records had each outcome."""

    by_outcome: Counter[ImportOutcome] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Return whether an operator should look at some of the records."""
        return any(self.by_outcome[outcome] for outcome in FAILED)


@dataclass(slots=True, kw_only=True)
class Import:
    """One import of some files."""

    sender: Sender
    max_bytes: int  # of an attachment
    dry_run: bool
    on_problem: OnProblem
    wait: Callable[[float], object]  # so many seconds, or until a stop is requested
    stop_requested: Callable[[], bool]
    again: frozenset[int] = frozenset()  # requests to correct, where records differ from them
    counts: ImportCounts = field(default_factory=ImportCounts)
    corrected: set[int] = field(default_factory=set)  # those of ``again`` that were met
    _origin: str = ""  # name of the file
    _seen: dict[bytes, bytes] = field(default_factory=dict)  # contents by message, of a dry run
    _consecutive_failures: int = 0

    def run(
        self, records: Iterable[ImportRecord], *, origin: str, progress: Callable[[int], object]
    ) -> None:
        """Create the errands that were not created before; report the others and continue.

        ``origin``: name of the file. Raises ``ImportStopped`` if the next records would fail as
        well, and ``OutcomeNotRecorded``.
        """
        self._origin = origin
        for record in records:
            if self.stop_requested():
                raise Interrupted
            self._process(record)
            progress(1)

    def _process(self, record: ImportRecord) -> None:
        if record.order is None:
            self._report(ImportOutcome.UNREADABLE, record, record.problem)
            return
        try:
            identified = identify(
                record.order, max_bytes=self.max_bytes, undigested=record.undigested
            )
        except DocumentError as error:
            problem = "; ".join(map(str, error.faults))
            self._report(ImportOutcome.UNREADABLE, record, problem)
            return
        self._check_or_send(record, identified)

    def _check_or_send(self, record: ImportRecord, identified: IdentifiedOrder) -> None:
        if self.dry_run:
            self._check(record, identified)
        else:
            self._send(record, identified)

    def _check(self, record: ImportRecord, identified: IdentifiedOrder) -> None:
        sender, message = self.sender, identified.message_sha256
        before = sent_errands.find(sender.conn, sender.workspace, message)
        if before is not None and before.state != send.REFUSED:
            self._sent_before(record, identified, before)
            return
        first = self._seen.get(message)
        if first is None:
            self._seen[message] = identified.content_sha256
            self.counts.by_outcome[ImportOutcome.TO_CREATE] += 1
        elif identified.differs_from(first):
            problem = "has the same message id as another record, but different content"
            self._report(ImportOutcome.CONFLICT, record, problem)
        else:
            self.counts.by_outcome[ImportOutcome.REPEATED] += 1

    def _send(self, record: ImportRecord, identified: IdentifiedOrder) -> None:
        try:
            outcome = self._send_with_retries(record, identified)
        except AlreadySent as refusal:
            self._sent_before(record, identified, refusal.before)
            return
        failed = outcome.state == send.UNKNOWN or isinstance(outcome.error, errors.Unreachable)
        self._consecutive_failures = self._consecutive_failures + 1 if failed else 0
        state = ImportOutcome(outcome.state)
        if outcome.error is None:
            self.counts.by_outcome[state] += 1
            return
        self._report(state, record, str(outcome.error))
        if outcome.state == send.REFUSED and isinstance(outcome.error, FAILS_EVERY_RECORD):
            raise ImportStopped(str(outcome.error))
        if self._consecutive_failures == MAX_CONSECUTIVE_FAILURES:
            number = MAX_CONSECUTIVE_FAILURES
            raise ImportStopped(f"{number} in a row failed; the last error was: {outcome.error}")

    def _send_with_retries(self, record: ImportRecord, identified: IdentifiedOrder) -> Outcome:
        for _ in range(MAX_TRIES - 1):
            outcome = self.sender.create(identified, origin=self._place(record))
            if outcome.state != send.REFUSED or not isinstance(outcome.error, errors.Busy):
                return outcome
            self.wait(min(max(PAUSE_S, outcome.error.retry_after_s or 0), MAX_PAUSE_S))
            if self.stop_requested():
                return outcome
        return self.sender.create(identified, origin=self._place(record))

    def _sent_before(
        self, record: ImportRecord, identified: IdentifiedOrder, before: SentErrand
    ) -> None:
        number = f"request {before.sent_id}"
        if identified.differs_from(before.content_sha256):
            self._differs(record, identified, before)
        elif before.state == send.UNKNOWN:
            problem = f"{number} may have created the errand already"
            self._report(ImportOutcome.UNKNOWN, record, problem)
        elif before.state == send.SENDING:
            self._report(ImportOutcome.SENDING, record, "is being sent by another command")
        else:
            self.counts.by_outcome[ImportOutcome.CREATED_BEFORE] += 1

    def _differs(
        self, record: ImportRecord, identified: IdentifiedOrder, before: SentErrand
    ) -> None:
        """Correct a request whose errand has other content, or report it."""
        sender, correction = self.sender, identify_again(identified, before.sent_id)
        if before.sent_id in self.again and before.state == send.CREATED:
            self.corrected.add(before.sent_id)
            self._check_or_send(record, correction)
            return
        last = sent_errands.find(sender.conn, sender.workspace, correction.message_sha256)
        if last is not None and last.state != send.REFUSED:
            self._sent_before(record, correction, last)
            return
        problem = f"has the same message id as request {before.sent_id}, but different content"
        self._report(ImportOutcome.CONFLICT, record, f"{problem}; not sent")

    def _report(self, outcome: ImportOutcome, record: ImportRecord, problem: str) -> None:
        self.counts.by_outcome[outcome] += 1
        self.on_problem(self._place(record), problem)

    def _place(self, record: ImportRecord) -> str:
        return f"{self._origin}, {record.place}"
