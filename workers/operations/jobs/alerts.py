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
from workers.database.workspaces import MovedWorkspace
from workers.mirrors.jobs.exports import NO_EXPORT
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.jobs.sentences import Sentence, age, ago, duration
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
    sentence: Sentence
    command: str  # repairs it, or shows more; one command per line
    entry: str  # of the runbook


def is_silent(silent_s: float | None) -> bool:
    """Return whether no worker answers on a queue; ``None``: none ever answered."""
    return silent_s is None or silent_s > SILENT_AFTER_S


def of_moved(moved: Sequence[MovedWorkspace]) -> Iterator[Alert]:
    """Yield an alert for each workspace whose rows are from another server."""
    for one in moved:
        yield _alarm(
            Sentence(
                "alert.moved", workspace=one.workspace, stored=one.stored, configured=one.configured
            ),
            f"cention workspaces moved {one.workspace}",
            "The workspace has moved",
        )


def of_queues(queues: list[QueueStatus]) -> Iterator[Alert]:
    """Yield an alert for each queue that no worker answers on."""
    silent_s = {one.queue: one.silent_s for one in queues}
    for queue in Queue:
        silence_s = silent_s.get(queue)
        if is_silent(silence_s):
            yield _alarm(
                Sentence("alert.no_worker_ever", queue=queue)
                if silence_s is None
                else Sentence("alert.no_worker", queue=queue, silence=duration(silence_s)),
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
    name, when = f"{workspace} {family}", ago(found.last_good_poll_at if found else None, at)
    error = found.last_poll_error if found and found.last_poll_found is None else None
    if found is None or found.poll_late:
        yield _late("alert.list_late", error, name=name, when=when)
    elif error:
        yield _warning(
            Sentence("alert.list_error", name=name, when=when, error=error),
            "cention check",
            CENTION_DOWN,
        )


def of_losses(one: FamilyStatus) -> Iterator[Alert]:
    """Yield an alert if records are missing."""
    if one.missing:
        yield _alarm(
            Sentence("alert.missing", name=_name(one), count=one.missing),
            "cention reconcile --repair",
            "Records are missing",
        )


def of_family(one: FamilyStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a family: paused, not reconciled; records that wait, parked, unreadable."""
    name = _name(one)
    if one.paused_until is not None:
        yield _of_pause(name, one.paused_reason or "")
    if one.uncounted:
        yield _alarm(
            Sentence("alert.never_reconciled", name=name)
            if one.counted_at is None
            else Sentence("alert.reconciled_late", name=name, age=age(one.counted_at, at)),
            "cention reconcile",
            "Reconciliation does not run",
        )
    if one.oldest_wait_s is not None and one.oldest_wait_s > RECORD_WAITS_S:
        waited = duration(one.oldest_wait_s)
        yield _warning(
            Sentence(
                "alert.records_wait", name=name, waited=waited, count=one.due, claimed=one.claimed
            ),
            "cention check",
            "Records wait too long",
        )
    if one.parked:
        yield _alarm(
            Sentence("alert.parked", name=name, count=one.parked),
            "cention parked",
            "Records are parked",
        )
    if one.unreadable:
        yield _unreadable(Sentence("alert.unreadable_documents", name=name, count=one.unreadable))


def _of_pause(name: str, reason: str) -> Alert:
    if reason.startswith(NO_EXPORT):
        sentence = Sentence("alert.no_export", name=name, reason=reason)
        return _alarm(sentence, "cention exports", "Exports have stopped")
    return _alarm(
        Sentence("alert.paused", name=name, reason=reason),
        "cention check",
        "Cention refuses our token",
    )


def of_mirror(one: MirrorStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a mirror: paused, late, failed, refreshed only in part, or with odd rows."""
    name = f"{one.workspace} {one.mirror}"
    if one.paused_until is not None:
        yield _of_pause(name, one.paused_reason or "")
    elif one.late:
        error = one.last_error if one.last_found is None else None
        when, every = ago(one.last_good_at, at), duration(one.every_s)
        yield _late("alert.mirror_late", error, name=name, when=when, every=every)
    elif one.last_error is not None:
        # Never advise a refresh of the library: it would confirm that a whole kind has vanished.
        command = "cention exports" if one.mirror == Mirror.EXPORTS else "cention check"
        yield _warning(
            _fault_of_refresh(name, one, one.last_error, at), command, "A mirror is not refreshed"
        )
    if one.odd:
        yield _unreadable(Sentence("alert.unreadable_rows", name=name, count=one.odd))


def _fault_of_refresh(name: str, one: MirrorStatus, error: str, at: datetime) -> Sentence:
    if one.last_found is not None:
        return Sentence("alert.mirror_partly", name=name, error=error)
    failed, good = ago(one.last_at, at), ago(one.last_good_at, at)
    return Sentence("alert.mirror_failed", name=name, failed=failed, error=error, when=good)


def of_inbox(one: InboxStatus) -> Iterator[Alert]:
    """Yield alerts if callbacks wait, could not be filed, or have stopped to arrive."""
    workspace = one.workspace
    if one.oldest_unfiled_s is not None and one.oldest_unfiled_s > CALLBACK_WAITS_S:
        waited = duration(one.oldest_unfiled_s)
        yield _alarm(
            Sentence("alert.unfiled", workspace=workspace, count=one.unfiled, waited=waited),
            START_WORKER,
            "No worker answers",
        )
    if one.silent:
        yield _warning(
            Sentence("alert.no_callbacks", workspace=workspace),
            "cention callbacks",
            "No callbacks arrive",
        )
    if one.problems:
        yield _warning(
            Sentence("alert.callbacks", workspace=workspace, count=one.problems),
            "cention callbacks --problems",
            "Callbacks have problems",
        )


def of_version(newer: Sequence[str]) -> Iterator[Alert]:
    """Yield an alert if a newer version of the program has applied the migrations ``newer``."""
    if newer:
        yield _warning(
            Sentence("alert.newer_database"), "cention check", "The database is not up to date"
        )


def of_unknown(count: int) -> Iterator[Alert]:
    """Yield an alert if the outcome of requests to Cention is unknown."""
    if count:
        yield _warning(
            Sentence("alert.unknown_requests", count=count),
            "cention errands unknown",
            "It is not known whether an errand was created",
        )


def of_surveys(one: SurveyStatus) -> Iterator[Alert]:
    """Yield alerts for surveys: held, waiting too long, of unknown outcome, matching nothing."""
    workspace = one.workspace
    if one.held is not None and (one.rules_on or one.due):
        yield _warning(
            Sentence("alert.surveys_held", workspace=workspace, reason=one.held),
            f"cention surveys resume --workspace {one.workspace}",
            "Nobody is invited",
        )
    elif one.oldest_due_s is not None and one.oldest_due_s > INVITATION_WAITS_S:
        waited = duration(one.oldest_due_s)
        yield _alarm(
            Sentence("alert.surveys_late", workspace=workspace, count=one.due, waited=waited),
            "cention surveys status",
            "Nobody is invited",
        )
    if one.unknown:
        yield _warning(
            Sentence("alert.unknown_invitations", workspace=workspace, count=one.unknown),
            "cention surveys unknown",
            "It is not known whether a customer was invited",
        )
    if one.newest_unmatched_s is not None and one.newest_unmatched_s < UNMATCHED_FOR_S:
        newest = duration(one.newest_unmatched_s)
        yield _warning(
            Sentence("alert.unmatched", workspace=workspace, count=one.unmatched, age=newest),
            f"cention surveys unmatched --workspace {one.workspace}",
            "Answers match nothing",
        )


def of_report(one: UnsettledReport, *, at: datetime) -> Iterator[Alert]:
    """Yield an alert for a weekly report that is not sent, or of which that is not known."""
    of = {"workspace": one.workspace, "week": str(Week(one.week))}
    problem = one.problem or ""
    if one.state == sent_reports.UNKNOWN:
        yield _warning(Sentence("alert.report_unknown", **of), "cention report unknown", REPORT)
    elif one.state == sent_reports.REFUSED:
        refused = Sentence("alert.report_refused", **of, problem=problem)
        yield _warning(refused, "cention report unknown", REPORT)
    elif one.state == sent_reports.DUE and one.held is not None:
        yield _warning(
            Sentence("alert.report_held", **of, reason=one.held),
            f"cention surveys resume --workspace {one.workspace}",
            REPORT,
        )
    elif one.state == sent_reports.DUE and (at - one.due_at).total_seconds() > REPORT_WAITS_S:
        yield _warning(Sentence("alert.report_late", **of), START_BEAT, REPORT)
    elif one.state == sent_reports.DUE and one.problem is not None:
        not_yet = Sentence("alert.report_problem", **of, problem=problem)
        yield _warning(not_yet, "cention check", REPORT)


def of_vendor(one: VendorPause) -> Iterator[Alert]:
    """Yield an alert for a survey vendor that refuses us."""
    if one.paused_until is not None:
        yield _alarm(
            Sentence(
                "alert.vendor_paused",
                workspace=one.workspace,
                vendor=one.vendor,
                reason=one.reason or "",
            ),
            CHECK_VENDORS,
            "A survey vendor refuses us",
        )


def of_conversations(one: ConversationFigures) -> Iterator[Alert]:
    """Yield an alert for customers who wait for a vendor at a page of ours."""
    if one.longest_wait_s is not None and one.longest_wait_s > CUSTOMER_WAITS_S:
        yield _alarm(
            Sentence(
                "alert.survey_waits",
                workspace=one.workspace,
                count=one.waiting,
                vendor=one.vendor,
                waited=duration(one.longest_wait_s),
            ),
            "cention surveys status",
            "A survey cannot go on",
        )


def of_figures(one: MetricsStatus, *, at: datetime) -> Iterator[Alert]:
    """Yield alerts for figures that are behind, and for errands that have none."""
    workspace, since = one.workspace, one.everything_since_at
    if since is not None and (at - since).total_seconds() > ALL_FIGURES_TAKE_S:
        yield _warning(
            Sentence("alert.figures_computed", workspace=workspace, age=age(since, at)),
            "cention check",
            "Figures are behind",
        )
    if one.oldest_wait_s is not None and one.oldest_wait_s > FIGURE_WAITS_S:
        waited = duration(one.oldest_wait_s)
        yield _warning(
            Sentence("alert.figures_wait", workspace=workspace, waited=waited),
            "cention check",
            "Figures are behind",
        )
    if one.failed:
        yield _warning(
            Sentence("alert.figures_failed", workspace=workspace, count=one.failed),
            f"cention metrics problems --workspace {one.workspace}",
            "Figures of errands cannot be computed",
        )


def of_spool(spool: SpoolStatus | None, at: datetime) -> Iterator[Alert]:
    """Yield alerts for a spool that does not drain, and for its quarantined files."""
    if spool is None:
        return
    waited_s = spool.oldest_s(at)
    if waited_s is not None and waited_s > SPOOL_WAITS_S:
        yield _alarm(
            Sentence("alert.spool_waits", count=spool.waiting, waited=duration(waited_s)),
            "cention check",
            "The spool does not empty",
        )
    if spool.bad:
        yield _warning(
            Sentence("alert.spool_bad", count=spool.bad),
            f"{SHOW_SPOOL}\n{RETRY_SPOOL}",
            "Callbacks were set aside",
        )


def _alarm(sentence: Sentence, command: str, entry: str) -> Alert:
    return Alert(alarm=True, sentence=sentence, command=command, entry=entry)


def _warning(sentence: Sentence, command: str, entry: str) -> Alert:
    return Alert(alarm=False, sentence=sentence, command=command, entry=entry)


def _late(key: str, error: str | None, **values: str) -> Alert:
    """Return the alarm for work that is late: it failed or, without ``error``, nothing tried."""
    if error:
        failed = Sentence(f"{key}_error", error=error, **values)
        return _alarm(failed, "cention check", CENTION_DOWN)
    return _alarm(Sentence(key, **values), START_BEAT, "Beat is dead")


def _unreadable(sentence: Sentence) -> Alert:
    return _warning(sentence, "cention unreadable", "Documents cannot be read")


def _name(one: FamilyStatus) -> str:
    return f"{one.workspace} {one.family}"
