"""Creating an errand for each record of a file, each once, however often the file is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.errors import DocumentError
from workers.clients import errors
from workers.outbound.jobs.deduplication import Message, message_of
from workers.outbound.jobs.errand_readers import Record
from workers.outbound.jobs.send import REFUSED, SENDING, UNKNOWN, AlreadySent, Outcome, Sender
from workers.outbound.store import sent_errands
from workers.outbound.store.sent_errands import Sent

TRIES = 5  # of one record, while Cention asks for patience
PAUSE_S = 5.0  # where it does not say how long
LONGEST_PAUSE_S = 120.0
IN_A_ROW = 3  # unknown or unreachable: then something is wrong with more than these

OF_US_ALL = (
    errors.Unauthorised,
    errors.WrongUrl,
    errors.Redirected,
    errors.Busy,
)
"""What would meet every other record too.

``Unreachable`` may be of one record: whoever finds a request too long may hang up in its middle.
"""

BAD, AGAIN, OTHER, WOULD, REPEATED = "bad", "again", "other", "would", "repeated"

Tell = Callable[[str, str], None]
"""Is told the place of a record and what is wrong with it."""


class Stopped(Exception):
    """The import ended before the file did; imported again, it goes on where it stopped."""


class StoppedAsAsked(Stopped):
    """Nothing is wrong: somebody wished it."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the records."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Tell whether anything needs a second look."""
        return any(self.counts[kind] for kind in (BAD, OTHER, REFUSED, UNKNOWN, SENDING))


@dataclass(slots=True, kw_only=True)
class Import:
    """One run over some files."""

    sender: Sender
    max_bytes: int  # of an attachment
    dry_run: bool
    tell: Tell
    wait: Callable[[float], object]  # so many seconds, or until somebody asks to stop
    asked_to_stop: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)
    _origin: str = ""  # name of the file
    _would: dict[bytes, bytes] = field(default_factory=dict)  # contents by message, of a dry run
    _failed_in_a_row: int = 0

    def run(
        self, records: Iterable[Record], *, origin: str, progress: Callable[[int], object]
    ) -> None:
        """Create what was not created before; tell what is bad and go on.

        ``origin``: name of the file. Raises ``Stopped`` if nothing more can come of it, and
        ``NotNoted``.
        """
        self._origin = origin
        for record in records:
            if self.asked_to_stop():
                raise StoppedAsAsked
            self._take(record)
            progress(1)

    def _take(self, record: Record) -> None:
        if record.order is None:
            self._note(BAD, record, record.problem)
            return
        try:
            message = message_of(record.order, max_bytes=self.max_bytes)
        except DocumentError as error:
            self._note(BAD, record, "; ".join(map(str, error.faults)))
            return
        if self.dry_run:
            self._look(record, message)
        else:
            self._send(record, message)

    def _look(self, record: Record, message: Message) -> None:
        before = sent_errands.find(self.sender.conn, self.sender.workspace, message.message_sha256)
        if before is not None and before.state != REFUSED:
            self._sent_before(record, message, before)
            return
        first = self._would.get(message.message_sha256)
        if first is None:
            self._would[message.message_sha256] = message.content_sha256
            self.tally.counts[WOULD] += 1
        elif message.differs_from(first):
            self._note(OTHER, record, "has the message id of another and says something else")
        else:
            self.tally.counts[REPEATED] += 1

    def _send(self, record: Record, message: Message) -> None:
        try:
            outcome = self._patiently(record, message)
        except AlreadySent as refusal:
            self._sent_before(record, message, refusal.before)
            return
        failed = outcome.state == UNKNOWN or isinstance(outcome.error, errors.Unreachable)
        self._failed_in_a_row = self._failed_in_a_row + 1 if failed else 0
        if outcome.error is None:
            self.tally.counts[outcome.state] += 1
            return
        self._note(outcome.state, record, str(outcome.error))
        if outcome.state == REFUSED and isinstance(outcome.error, OF_US_ALL):
            raise Stopped(str(outcome.error))
        if self._failed_in_a_row == IN_A_ROW:
            raise Stopped(f"{IN_A_ROW} in a row failed, the last one so: {outcome.error}")

    def _patiently(self, record: Record, message: Message) -> Outcome:
        for _ in range(TRIES - 1):
            outcome = self.sender.create(message, origin=self._place(record))
            if outcome.state != REFUSED or not isinstance(outcome.error, errors.Busy):
                return outcome
            self.wait(min(outcome.error.retry_after_s or PAUSE_S, LONGEST_PAUSE_S))
            if self.asked_to_stop():
                return outcome
        return self.sender.create(message, origin=self._place(record))

    def _sent_before(self, record: Record, message: Message, before: Sent) -> None:
        if message.differs_from(before.content_sha256):
            self._note(
                OTHER,
                record,
                f"has the message id of number {before.sent_id} and says something else; not sent",
            )
        elif before.state == UNKNOWN:
            self._note(UNKNOWN, record, f"number {before.sent_id} may have been created already")
        elif before.state == SENDING:
            self._note(SENDING, record, "is being sent by another command")
        else:
            self.tally.counts[AGAIN] += 1

    def _note(self, kind: str, record: Record, problem: str) -> None:
        self.tally.counts[kind] += 1
        self.tell(self._place(record), problem)

    def _place(self, record: Record) -> str:
        return f"{self._origin}, {record.place}"
