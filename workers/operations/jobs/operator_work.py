"""Carries out what operators ask for in the web face: checks, previews, erasures, exports."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import psycopg
import structlog

from workers.config.settings import Settings
from workers.database import Connection, Transaction, advisory_locks
from workers.operations.jobs import data_subjects
from workers.operations.jobs.checks.all_checks import Clients, findings
from workers.operations.jobs.checks.finding import Finding
from workers.operations.jobs.data_subjects import SpoolUnchangeable, data_subject
from workers.operations.jobs.operator_requests import named, read_subject
from workers.operations.jobs.repairs import DONE
from workers.operations.jobs.sentences import LANGUAGES, in_language
from workers.operations.rules.wording import pluralise
from workers.operations.store import operator_actions, operator_requests
from workers.operations.store.operator_requests import Kind, OperatorRequest
from workers.privacy.jobs import erase_person, export_person
from workers.privacy.jobs.data_subject import DataSubject
from workers.surveys.jobs import preview as preview_job
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.store.decisions import INVITE

log = structlog.get_logger(__name__)
LOCK = "operator requests"
MAX_TRIES = 3
MAX_EXPORT_BYTES = 64 * 1024 * 1024
PROGRESS_EVERY_S = 1.0
FAILED = "failed"

Outcome = tuple[Any, str]
"""What came of a request, as a document, and in words without any personal data."""


class RequestFailed(Exception):
    """It cannot be done; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the work needs. ``session`` yields connections in autocommit mode."""

    session: Transaction
    settings: Settings
    survey_workspaces: Mapping[str, SurveyWorkspace]
    clients: Clients


def carry_out_next(tools: Tools) -> bool:
    """Carry out the oldest request that is not finished; return whether there was one.

    One at a time of all processes. A crash leaves it running without its lock: it is begun again,
    three times at most. Everything that is asked for may be interrupted and done again.
    """
    with (
        tools.session() as records,
        advisory_locks.hold(records, LOCK, slots=1) as lock,
    ):
        request = operator_requests.begin(records) if lock is not None else None
        if request is None:
            return False
        try:
            if request.tries > MAX_TRIES:
                raise RequestFailed(
                    f"It was begun {MAX_TRIES} times and did not end. The log of the workers has "
                    "the cause."
                )
            result, words = _work(tools, records, request)
        except RequestFailed as error:
            _finish(records, request, words=FAILED, problem=str(error))
        else:
            document = json.dumps(result, default=_plain).encode()
            if request.kind == Kind.EXPORT_PERSON and len(document) > MAX_EXPORT_BYTES:
                _finish(records, request, words=FAILED, problem=_too_large(len(document)))
            else:
                _finish(records, request, words=words, result=document)
    return True


def _finish(
    records: Connection,
    request: OperatorRequest,
    *,
    words: str,
    result: bytes | None = None,
    problem: str | None = None,
) -> None:
    with records.transaction():
        operator_requests.finish(records, request.request_id, result=result, problem=problem)
        operator_actions.record(
            records,
            request.person,
            request.kind,
            words,
            workspace=request.workspace,
            of=named(request.request_id),
        )
    log.info("request of an operator finished", kind=request.kind, failed=problem is not None)


def _work(tools: Tools, records: Connection, request: OperatorRequest) -> Outcome:
    if request.kind == Kind.CHECK:
        return _check(tools)
    if request.kind == Kind.PREVIEW:
        return _preview(tools, request)
    if request.subject is None:
        raise RequestFailed("It is not known any more whom it is about. Ask for it again.")
    subject = data_subject(tools.settings, *read_subject(request.subject))
    with tools.session() as conn:
        operator_requests.set_total(records, request.request_id, erase_person.count_pages(conn))
        progress = _Progress(records=records, request_id=request.request_id)
        if request.kind == Kind.EXPORT_PERSON:
            return _export(conn, subject, progress)
        if request.kind == Kind.ERASE_DRY_RUN:
            return _erase(conn, subject, progress, dry_run=True)
        document, words = _erase(conn, subject, progress, dry_run=False)
        if request.tries > 1:
            words += f" (try {request.tries}; what earlier tries changed is not counted)"
        return document, words


def _check(tools: Tools) -> Outcome:
    found = list(findings(tools.clients))
    numbers = Counter(one.level.value for one in found)
    words = ", ".join(f"{number} {level}" for level, number in sorted(numbers.items()))
    return [_in_all_languages(one) for one in found], words


def _in_all_languages(one: Finding) -> dict[str, Any]:
    """Return a finding in English, for older web faces too, and its texts in each language."""
    texts = {"about": one.about, "sentence": one.sentence, "remedy": one.remedy or ""}
    return {
        **asdict(one),
        "texts": {
            language: {name: in_language(text, language) for name, text in texts.items()}
            for language in LANGUAGES
        },
    }


def _preview(tools: Tools, request: OperatorRequest) -> Outcome:
    workspace = tools.survey_workspaces.get(request.workspace or "")
    if workspace is None or request.rule is None or request.days is None:
        raise RequestFailed("The workers do not know this workspace. Restart them.")
    with tools.session() as conn:
        try:
            found = preview_job.preview(conn, workspace, request.rule, days=request.days)
        except UnknownRule:
            raise RequestFailed("This rule is not in the file in force any more.") from None
        except NoPersonKey:
            raise RequestFailed(
                "The database does not know this workspace yet. Run: cention migrate"
            ) from None
    totals = found.totals()
    document = {
        "since": found.since,
        "until": found.until,
        "errands": len(found.errands),
        "waiting": found.waiting,
        "totals": totals,
        "areas": [{"area": area, "numbers": dict(one)} for area, one in found.by_area().items()],
        "days": [{"day": day, "numbers": dict(one)} for day, one in found.by_day().items()],
    }
    invited = pluralise(totals.get(INVITE, 0), "invitation")
    return document, f"{invited} for {pluralise(len(found.errands), 'errand')}"


def _erase(
    conn: Connection, subject: DataSubject, progress: _Progress, *, dry_run: bool
) -> Outcome:
    try:
        found = data_subjects.erase(conn, subject, dry_run=dry_run, progress=progress)
    except SpoolUnchangeable as error:
        raise RequestFailed(str(error)) from None
    rows = sum(one.blanked + one.removed for one in found.tables)
    document = {**asdict(found), "spool": subject.spool is not None}
    counted = (
        f"{pluralise(rows, 'row')} of {pluralise(len(found.tables), 'table')}, "
        f"{pluralise(found.errands, 'errand')}, {pluralise(found.ratings, 'rating')}"
    )
    if found.unreadable:
        counted += f"; not {pluralise(len(found.unreadable), 'unreadable file')} of the spool"
    return document, f"{'would change' if dry_run else DONE + ':'} {counted}"


def _export(conn: Connection, subject: DataSubject, progress: _Progress) -> Outcome:
    try:
        found = export_person.export(conn, subject, contents=False, progress=progress)
    except OSError as error:
        raise RequestFailed(
            f"The spool {subject.spool} cannot be read: {error.strerror}."
        ) from None
    rows = sum(map(len, found["tables"].values()))
    tables = pluralise(len(found["tables"]), "table")
    return found, f"{DONE}: {pluralise(rows, 'row')} of {tables}"


def _plain(value: object) -> str:
    """Return a value that JSON has no type for: days and times in ISO 8601."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _too_large(length: int) -> str:
    return (
        f"The data of this person is {length:,} bytes; the web face gives no more than "
        f"{MAX_EXPORT_BYTES:,}. Run on the server: cention export-person"
    )


@dataclass(slots=True, kw_only=True)
class _Progress:
    """Records now and then how many pages were searched."""

    records: Connection
    request_id: int
    pages: int = 0
    next_s: float = field(default_factory=time.monotonic)
    locked: bool = False  # by the erasure itself: whoever asked has the address that is erased

    def __call__(self, pages: int) -> None:
        """Count pages that were searched."""
        self.pages += pages
        if self.locked or time.monotonic() < self.next_s:
            return
        try:
            operator_requests.add_done(self.records, self.request_id, self.pages)
        except psycopg.errors.LockNotAvailable:
            self.locked = True
        self.pages, self.next_s = 0, time.monotonic() + PROGRESS_EVERY_S
