"""What an operator should know of the state of the bridge, and which command helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workers.cli.printing import age, counted, since
from workers.queues import Family, Mirror, Queue
from workers.rules import alarms
from workers.spool_status import SpoolStatus
from workers.store.mirrors import MirrorStatus
from workers.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.workspaces import WorkspaceSettings

POLLED = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)
START_WORKER = "celery --app workers.app worker"
START_BEAT = "celery --app workers.app beat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to know."""

    alarm: bool  # the bridge is not well
    sentence: str
    command: str  # that helps, or tells more


def of_queues(queues: list[QueueStatus]) -> Iterator[Notice]:
    """Tell of queues that no worker answers on."""
    silent_s = {one.queue: one.silent_s for one in queues}
    for queue in Queue:
        if alarms.is_silent(silent_s.get(queue)):
            since = silent_s.get(queue)
            how_long = "has ever answered" if since is None else f"has answered for {age(since)}"
            yield Notice(
                alarm=True,
                sentence=f"No worker {how_long} on the queue {queue}, or beat does not run.",
                command=f"{START_WORKER} and {START_BEAT}",
            )


def of_polls(
    families: list[FamilyStatus],
    workspaces: tuple[WorkspaceSettings, ...],
    *,
    at: datetime,
) -> Iterator[Notice]:
    """Tell of lists of changed records that were not read for too long."""
    known = {(one.workspace, one.family): one for one in families}
    for workspace in workspaces:
        for family in POLLED:
            found = known.get((workspace.name, family))
            polled = found is not None and found.last_poll_at is not None
            if polled or workspace.tokens.errand_data:
                yield from _of_list(workspace.name, family, found, at=at)


def _of_list(
    workspace: str, family: str, found: FamilyStatus | None, *, at: datetime
) -> Iterator[Notice]:
    if found is not None and not found.poll_late:
        return
    how_long = since(found.last_good_poll_at, at) if found else None
    when = f"{how_long} ago" if how_long else "never"
    error = found.last_poll_error if found and found.last_poll_found is None else None
    yield Notice(
        alarm=True,
        sentence=f"{workspace} {family}: Cention's list of changes was last read {when}"
        + (f" ({error})." if error else "."),
        command="cention check" if error else START_BEAT,
    )


def of_losses(one: FamilyStatus) -> Iterator[Notice]:
    """Tell of records that are nowhere."""
    if one.missing:
        yield Notice(
            alarm=True,
            sentence=f"{one.workspace} {one.family}: {counted(one.missing, 'record')} "
            "that Cention reported are nowhere.",
            command="cention reconcile --repair",
        )


def of_family(one: FamilyStatus, *, at: datetime) -> Iterator[Notice]:
    """Tell of a family that is paused or not reconciled, or has records that need somebody."""
    name = f"{one.workspace} {one.family}"
    if one.paused_until is not None:
        yield Notice(
            alarm=True,
            sentence=f"{name}: paused, for Cention refuses all of it ({one.paused_reason}).",
            command="cention check",
        )
    if one.uncounted:
        how_long = since(one.counted_at, at)
        when = f"last reconciled {how_long} ago" if how_long else "never reconciled"
        yield Notice(
            alarm=True,
            sentence=f"{name}: {when} with what Cention reported.",
            command="cention reconcile",
        )
    if one.parked:
        yield Notice(
            alarm=True,
            sentence=f"{name}: {counted(one.parked, 'record')} parked after too many failures.",
            command="cention parked",
        )
    if one.unreadable:
        yield Notice(
            alarm=False,
            sentence=f"{name}: {counted(one.unreadable, 'document')} kept that could not be read.",
            command="cention unreadable",
        )


def of_mirror(one: MirrorStatus, *, at: datetime) -> Iterator[Notice]:
    """Tell of a picture that was not renewed for too long or wholly, or that Cention refuses."""
    name = f"{one.workspace} {one.mirror}"
    if one.paused_until is not None:
        yield Notice(
            alarm=True,
            sentence=f"{name}: paused, for Cention refuses it ({one.paused_reason}).",
            command="cention check",
        )
    elif one.late:
        how_long = since(one.last_good_at, at)
        when = f"{how_long} ago" if how_long else "never"
        error = one.last_error if one.last_found is None else None
        yield Notice(
            alarm=True,
            sentence=f"{name}: last renewed {when}, though it is due every {age(one.every_s)}"
            + (f" ({error})." if error else "."),
            command="cention check" if error else START_BEAT,
        )
    elif one.last_found is not None and one.last_error is not None:
        yield Notice(
            alarm=False,
            sentence=f"{name}: renewed, but {one.last_error}.",
            # Not a refresh of the library: it would count as the pass that confirms a doubt.
            command="cention exports" if one.mirror == Mirror.EXPORTS else "cention check",
        )
    if one.odd:
        yield Notice(
            alarm=False,
            sentence=f"{name}: {counted(one.odd, 'row')} kept that could not be read.",
            command="cention unreadable",
        )


def of_inbox(one: InboxStatus) -> Iterator[Notice]:
    """Tell of callbacks that could not be filed."""
    if one.problems:
        yield Notice(
            alarm=False,
            sentence=f"{one.workspace}: {counted(one.problems, 'callback')} could not be filed.",
            command="cention callbacks --problems",
        )


def of_unknown(count: int) -> Iterator[Notice]:
    """Tell of what Cention was asked for once, and may have done or not."""
    if count:
        yield Notice(
            alarm=False,
            sentence=f"Of {counted(count, 'request')} it is not known whether Cention did it.",
            command="cention errands unknown",
        )


def of_spool(spool: SpoolStatus | None, at: datetime) -> Iterator[Notice]:
    """Tell of callbacks that lie on the disk of this machine."""
    if spool is None:
        return
    waited_s = spool.oldest_s(at)
    if waited_s is not None and waited_s > alarms.SPOOL_WAITS_S:
        yield Notice(
            alarm=True,
            sentence=f"{counted(spool.waiting, 'callback')} lie on local disk for {age(waited_s)}.",
            command="cention check",
        )
    if spool.bad:
        yield Notice(
            alarm=False,
            sentence=f"{counted(spool.bad, 'file')} of the spool were set aside, see bad/ in it.",
            command="cention callbacks --problems",
        )
