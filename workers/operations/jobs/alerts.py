"""Alerts for operators: what is wrong with the bridge, and which command helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from workers.analytics.rules.weeks import Week
from workers.analytics.store import sent_reports
from workers.analytics.store.metrics_problems import MetricsStatus
from workers.analytics.store.sent_reports import UnsettledReport
from workers.config.names import Family, Mirror, Queue
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs.exports import NO_EXPORT
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.rules.wording import (
    format_age,
    format_duration,
    is_or_are,
    pluralise,
    was_or_were,
)
from workers.operations.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.spool.layout import SpoolStatus
from workers.surveys.store.conversations import ConversationFigures
from workers.surveys.store.invitations import SurveyStatus
from workers.surveys.store.vendors import VendorPause

SILENT_AFTER_S = 60.0  # canaries are sent four times a minute
SPOOL_WAITS_S = 60.0  # it drains within seconds once Postgres is back
UNMATCHED_FOR_S = 86_400.0  # an alert about rows that match nothing, after the newest
CUSTOMER_WAITS_S = 30.0  # a question is there within a second
INVITATION_WAITS_S = 600.0  # beyond the pace of a vendor, or a short absence of it
REPORT_WAITS_S = 3_600.0  # a mail server may be away for a while
RECORD_WAITS_S = 300.0  # as analyst.freshness judges it
CALLBACK_WAITS_S = 60.0  # likewise
FIGURE_WAITS_S = 300.0  # likewise
ALL_FIGURES_TAKE_S = 21_600.0  # a computation of everything
POLLED = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)
START_WORKER = "celery --app workers.app worker"
START_BEAT = "celery --app workers.app beat"
CHECK_VENDORS = "cention surveys status"
SHOW_SPOOL = "cention spool"
RETRY_SPOOL = "cention spool retry"
CENTION_DOWN = "Cention is down, or unreachable"  # entries of the runbook
REPORT = "It is not known whether a report was sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that an operator should know."""

    alarm: bool  # the bridge is not well
    sentence: str
    command: str  # repairs it, or shows more; one command per line
    entry: str  # of the runbook


def is_silent(silent_s: float | None) -> bool:
    """Return whether no worker answers on a queue; ``None``: none ever answered."""
    return silent_s is None or silent_s > SILENT_AFTER_S


def of_queues(queues: list[QueueStatus]) -> Iterator[Alert]:
    """Yield an alert for each queue that no worker answers on."""
    silent_s = {one.queue: one.silent_s for one in queues}
    for queue in Queue:
        if is_silent(silent_s.get(queue)):
            silence = format_duration(silent_s.get(queue))
            answered = f"has answered for {silence}" if silence else "has ever answered"
            yield _alarm(
                f"No worker {answered} on the queue {queue}, or beat does not run.",
                f"{START_WORKER}\n{START_BEAT}",
                "No worker answers",
            )


def of_polls(
    families: list[FamilyStatus],
    workspaces: tuple[WorkspaceSettings, ...],
    *,
    at: datetime,
) -> Iterator[Alert]:
    """Yield an alert for each list that was not read for too long, or could not be read last."""
    known = {(one.workspace, one.family): one for one in families}
    for workspace in workspaces:
        for family in POLLED:
            found = known.get((workspace.name, family))
            polled = found is not None and found.last_poll_at is not None
            if polled or workspace.tokens.errand_data:
                yield from _of_list(workspace.name, family, found, at=at)


def _of_list(
    workspace: str, family: str, found: FamilyStatus | None, *, at: datetime
) -> Iterator[Alert]:
    when = _ago(found.last_good_poll_at if found else None, at)
    error = found.last_poll_error if found and found.last_poll_found is None else None
    clause = f"{workspace} {family}: Cention's list of changes was last read {when}"
    if found is None or found.poll_late:
        yield _late(clause, error)
    elif error:
        yield _warning(
            f"{clause}, and could not be read since ({error}).", "cention check", CENTION_DOWN
        )


def of_losses(one: FamilyStatus) -> Iterator[Alert]:
    """Yield an alert if records are missing."""
    if one.missing:
        records = pluralise(one.missing, "record")
        be = is_or_are(one.missing)
        yield _alarm(
            f"{one.workspace} {one.family}: {records} that Cention reported {be} missing: "
            "neither stored nor on the list.",
            "cention reconcile --repair",
            "Records are missing",
        )


def of_family(one: FamilyStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a family: paused, not reconciled; records that wait, parked, unreadable."""
    name = f"{one.workspace} {one.family}"
    if one.paused_until is not None:
        yield _of_pause(name, one.paused_reason or "")
    if one.uncounted:
        age = format_age(one.counted_at, at)
        when = f"last reconciled {age} ago" if age else "never reconciled"
        yield _alarm(
            f"{name}: {when} with what Cention reported.",
            "cention reconcile",
            "Reconciliation does not run",
        )
    if one.oldest_wait_s is not None and one.oldest_wait_s > RECORD_WAITS_S:
        waited = format_duration(one.oldest_wait_s)
        due = f"{pluralise(one.due, 'record')} due, {one.claimed:,} being fetched"
        waits = f"the oldest record has waited for {waited}; {due}"
        yield _warning(f"{name}: {waits}.", "cention check", "Records wait too long")
    if one.parked:
        parked = "parked: it failed too often, or Cention rejected it for good"
        if one.parked != 1:
            parked = "parked: they failed too often, or Cention rejected them for good"
        yield _alarm(
            f"{name}: {pluralise(one.parked, 'record')} {parked}.",
            "cention parked",
            "Records are parked",
        )
    if one.unreadable:
        yield _unreadable(name, pluralise(one.unreadable, "document"))


def _of_pause(name: str, reason: str) -> Alert:
    if reason.startswith(NO_EXPORT):
        return _alarm(f"{name}: {reason}.", "cention exports", "Exports have stopped")
    return _alarm(
        f"{name}: paused, because Cention refuses every request ({reason}).",
        "cention check",
        "Cention refuses our token",
    )


def of_mirror(one: MirrorStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a mirror: paused, late, failed, refreshed only in part, or with odd rows."""
    name = f"{one.workspace} {one.mirror}"
    if one.paused_until is not None:
        yield _of_pause(name, one.paused_reason or "")
    elif one.late:
        refreshed = f"last refreshed {_ago(one.last_good_at, at)}"
        error = one.last_error if one.last_found is None else None
        every = format_duration(one.every_s)
        yield _late(f"{name}: {refreshed}, though it is due every {every}", error)
    elif one.last_error is not None:
        # Never advise a refresh of the library: it would confirm that a whole kind has vanished.
        command = "cention exports" if one.mirror == Mirror.EXPORTS else "cention check"
        yield _warning(
            f"{name}: {_fault_of_refresh(one, at)}.", command, "A mirror is not refreshed"
        )
    if one.odd:
        yield _unreadable(name, pluralise(one.odd, "row"))


def _fault_of_refresh(one: MirrorStatus, at: datetime) -> str:
    if one.last_found is not None:
        return f"refreshed, but {one.last_error}"
    good = _ago(one.last_good_at, at)
    return f"the refresh {_ago(one.last_at, at)} failed ({one.last_error}); last refreshed {good}"


def of_inbox(one: InboxStatus) -> Iterator[Alert]:
    """Yield alerts if callbacks wait, could not be filed, or have stopped to arrive."""
    if one.oldest_unfiled_s is not None and one.oldest_unfiled_s > CALLBACK_WAITS_S:
        waiting = f"{pluralise(one.unfiled, 'callback')} {is_or_are(one.unfiled)} not filed"
        waited = format_duration(one.oldest_unfiled_s)
        yield _alarm(
            f"{one.workspace}: {waiting}, the oldest for {waited}.",
            START_WORKER,
            "No worker answers",
        )
    if one.silent:
        yield _warning(
            f"{one.workspace}: errands were answered, and no callback came with them.",
            "cention callbacks",
            "No callbacks arrive",
        )
    if one.problems:
        problems = f"{pluralise(one.problems, 'callback')} could not be filed"
        yield _warning(
            f"{one.workspace}: {problems}.",
            "cention callbacks --problems",
            "Callbacks have problems",
        )


def of_version(newer: Sequence[str]) -> Iterator[Alert]:
    """Yield an alert if a newer version of the program has applied the migrations ``newer``."""
    if newer:
        yield _warning(
            "The database is newer than this program.",
            "cention check",
            "The database is not up to date",
        )


def of_unknown(count: int) -> Iterator[Alert]:
    """Yield an alert if the outcome of requests to Cention is unknown."""
    if count:
        yield _warning(
            f"The outcome of {pluralise(count, 'request')} to Cention is unknown.",
            "cention errands unknown",
            "It is not known whether an errand was created",
        )


def of_surveys(one: SurveyStatus) -> Iterator[Alert]:
    """Yield alerts for surveys: held, waiting too long, of unknown outcome, matching nothing."""
    name = f"surveys of {one.workspace}"
    if one.held is not None and (one.rules_on or one.due):
        yield _warning(
            f"{name}: held, nobody is invited ({one.held}).",
            f"cention surveys resume --workspace {one.workspace}",
            "Nobody is invited",
        )
    elif one.oldest_due_s is not None and one.oldest_due_s > INVITATION_WAITS_S:
        waits = f"{pluralise(one.due, 'invitation')} due, the oldest for"
        waited = format_duration(one.oldest_due_s)
        yield _alarm(f"{name}: {waits} {waited}.", "cention surveys status", "Nobody is invited")
    if one.unknown:
        unknown = pluralise(one.unknown, "invitation")
        yield _warning(
            f"{name}: it is not known whether {unknown} went out.",
            "cention surveys unknown",
            "It is not known whether a customer was invited",
        )
    if one.newest_unmatched_s is not None and one.newest_unmatched_s < UNMATCHED_FOR_S:
        rows = pluralise(one.unmatched, "row")
        belong = "belongs" if one.unmatched == 1 else "belong"
        age = format_duration(one.newest_unmatched_s)
        yield _warning(
            f"{name}: {rows} of results {belong} to no invitation, the newest came {age} ago.",
            f"cention surveys unmatched --workspace {one.workspace}",
            "Answers match nothing",
        )


def of_report(one: UnsettledReport, *, at: datetime) -> Iterator[Alert]:
    """Yield an alert for a weekly report that is not sent, or of which that is not known."""
    name = f"report of {one.workspace} for {Week(one.week)}"
    if one.state == sent_reports.UNKNOWN:
        yield _warning(
            f"{name}: it is not known whether it was sent.", "cention report unknown", REPORT
        )
    elif one.state == sent_reports.REFUSED:
        yield _warning(f"{name}: not sent ({one.problem}).", "cention report unknown", REPORT)
    elif one.state == sent_reports.DUE and one.held is not None:
        yield _warning(
            f"{name}: not sent, because surveys are held ({one.held}).",
            f"cention surveys resume --workspace {one.workspace}",
            REPORT,
        )
    elif one.state == sent_reports.DUE and (at - one.due_at).total_seconds() > REPORT_WAITS_S:
        yield _warning(f"{name}: not sent since it was due.", START_BEAT, REPORT)
    elif one.state == sent_reports.DUE and one.problem is not None:
        yield _warning(f"{name}: not sent yet ({one.problem}).", "cention check", REPORT)


def of_vendor(one: VendorPause) -> Iterator[Alert]:
    """Yield an alert for a survey vendor that refuses us."""
    if one.paused_until is not None:
        why = f"because it refuses us ({one.reason})"
        yield _alarm(
            f"surveys of {one.workspace}: {one.vendor} is paused, {why}.",
            CHECK_VENDORS,
            "A survey vendor refuses us",
        )


def of_conversations(one: ConversationFigures) -> Iterator[Alert]:
    """Yield an alert for customers who wait for a vendor at a page of ours."""
    if one.longest_wait_s is not None and one.longest_wait_s > CUSTOMER_WAITS_S:
        waits = "survey waits" if one.waiting == 1 else "surveys wait"
        yield _alarm(
            f"surveys of {one.workspace}: {one.waiting} {waits} for {one.vendor}, the longest for "
            f"{format_duration(one.longest_wait_s)}.",
            "cention surveys status",
            "A survey cannot go on",
        )


def of_figures(one: MetricsStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for figures that are behind, and for errands that have none."""
    name = f"figures of {one.workspace}"
    since = one.everything_since_at
    if since is not None and (at - since).total_seconds() > ALL_FIGURES_TAKE_S:
        yield _warning(
            f"{name}: all are being computed again for {format_age(since, at)}.",
            "cention check",
            "Figures are behind",
        )
    if one.oldest_wait_s is not None and one.oldest_wait_s > FIGURE_WAITS_S:
        waited = format_duration(one.oldest_wait_s)
        yield _warning(
            f"{name}: the oldest change has waited for {waited}.",
            "cention check",
            "Figures are behind",
        )
    if one.failed:
        errands = pluralise(one.failed, "errand")
        yield _warning(
            f"{name}: those of {errands} could not be computed.",
            f"cention metrics problems --workspace {one.workspace}",
            "Figures of errands cannot be computed",
        )


def of_spool(spool: SpoolStatus | None, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a spool that does not drain, and for its quarantined files."""
    if spool is None:
        return
    waited_s = spool.oldest_s(at)
    if waited_s is not None and waited_s > SPOOL_WAITS_S:
        waiting = pluralise(spool.waiting, "callback")
        waited = format_duration(waited_s)
        have = "has" if spool.waiting == 1 else "have"
        yield _alarm(
            f"{waiting} {have} been in the spool for {waited}.",
            "cention check",
            "The spool does not empty",
        )
    if spool.bad:
        files = f"{pluralise(spool.bad, 'file')} {was_or_were(spool.bad)}"
        yield _warning(
            f"{files} set aside in the folder bad/ of the spool.",
            f"{SHOW_SPOOL}\n{RETRY_SPOOL}",
            "Callbacks were set aside",
        )


def _alarm(sentence: str, command: str, entry: str) -> Alert:
    return Alert(alarm=True, sentence=sentence, command=command, entry=entry)


def _warning(sentence: str, command: str, entry: str) -> Alert:
    return Alert(alarm=False, sentence=sentence, command=command, entry=entry)


def _late(clause: str, error: str | None) -> Alert:
    """Return the alarm for work that is late: it failed or, without ``error``, nothing tried."""
    if error:
        return _alarm(f"{clause} ({error}).", "cention check", CENTION_DOWN)
    return _alarm(f"{clause}.", START_BEAT, "Beat is dead")


def _unreadable(name: str, things: str) -> Alert:
    return _warning(
        f"{name}: {things} could not be read.", "cention unreadable", "Documents cannot be read"
    )


def _ago(moment: datetime | None, at: datetime) -> str:
    age = format_age(moment, at)
    return f"{age} ago" if age else "never"
