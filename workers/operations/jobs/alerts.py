"""What an operator should know of the state of the bridge, and which command helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workers.config.names import Family, Mirror, Queue
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.store.mirrors import MirrorStatus
from workers.operations.rules import alarms
from workers.operations.rules.wording import age, counted, since
from workers.operations.store.status import FamilyStatus, InboxStatus, QueueStatus
from workers.spool.layout import SpoolStatus

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
            yield _alarm(
                f"No worker {how_long} on the queue {queue}, or beat does not run.",
                f"{START_WORKER} and {START_BEAT}",
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
    when = _ago(found.last_good_poll_at if found else None, at)
    error = found.last_poll_error if found and found.last_poll_found is None else None
    yield _late(f"{workspace} {family}: Cention's list of changes was last read {when}", error)


def of_losses(one: FamilyStatus) -> Iterator[Notice]:
    """Tell of records that are nowhere."""
    if one.missing:
        lost = f"{counted(one.missing, 'record')} that Cention reported are nowhere"
        yield _alarm(f"{one.workspace} {one.family}: {lost}.", "cention reconcile --repair")


def of_family(one: FamilyStatus, *, at: datetime) -> Iterator[Notice]:
    """Tell of a family that is paused or not reconciled, or has records that need somebody."""
    name = f"{one.workspace} {one.family}"
    if one.paused_until is not None:
        why = f"Cention refuses all of it ({one.paused_reason})"
        yield _alarm(f"{name}: paused, for {why}.", "cention check")
    if one.uncounted:
        how_long = since(one.counted_at, at)
        when = f"last reconciled {how_long} ago" if how_long else "never reconciled"
        yield _alarm(f"{name}: {when} with what Cention reported.", "cention reconcile")
    if one.parked:
        parked = f"{counted(one.parked, 'record')} parked after too many failures"
        yield _alarm(f"{name}: {parked}.", "cention parked")
    if one.unreadable:
        yield _kept(name, counted(one.unreadable, "document"))


def of_mirror(one: MirrorStatus, *, at: datetime) -> Iterator[Notice]:
    """Tell of a picture that was not renewed for too long or wholly, or that Cention refuses."""
    name = f"{one.workspace} {one.mirror}"
    if one.paused_until is not None:
        why = f"Cention refuses it ({one.paused_reason})"
        yield _alarm(f"{name}: paused, for {why}.", "cention check")
    elif one.late:
        renewed = f"last renewed {_ago(one.last_good_at, at)}"
        error = one.last_error if one.last_found is None else None
        yield _late(f"{name}: {renewed}, though it is due every {age(one.every_s)}", error)
    elif one.last_found is not None and one.last_error is not None:
        # Not a refresh of the library: it would count as the pass that confirms a doubt.
        command = "cention exports" if one.mirror == Mirror.EXPORTS else "cention check"
        yield _remark(f"{name}: renewed, but {one.last_error}.", command)
    if one.odd:
        yield _kept(name, counted(one.odd, "row"))


def of_inbox(one: InboxStatus) -> Iterator[Notice]:
    """Tell of callbacks that could not be filed."""
    if one.problems:
        problems = f"{counted(one.problems, 'callback')} could not be filed"
        yield _remark(f"{one.workspace}: {problems}.", "cention callbacks --problems")


def of_unknown(count: int) -> Iterator[Notice]:
    """Tell of what Cention was asked for once, and may have done or not."""
    if count:
        yield _remark(
            f"Of {counted(count, 'request')} it is not known whether Cention did it.",
            "cention errands unknown",
        )


def of_spool(spool: SpoolStatus | None, at: datetime) -> Iterator[Notice]:
    """Tell of callbacks that lie on the disk of this machine."""
    if spool is None:
        return
    waited_s = spool.oldest_s(at)
    if waited_s is not None and waited_s > alarms.SPOOL_WAITS_S:
        waiting = counted(spool.waiting, "callback")
        yield _alarm(f"{waiting} lie on local disk for {age(waited_s)}.", "cention check")
    if spool.bad:
        aside = f"{counted(spool.bad, 'file')} of the spool were set aside, see bad/ in it"
        yield _remark(f"{aside}.", "cention callbacks --problems")


def _alarm(sentence: str, command: str) -> Notice:
    return Notice(alarm=True, sentence=sentence, command=command)


def _remark(sentence: str, command: str) -> Notice:
    return Notice(alarm=False, sentence=sentence, command=command)


def _late(clause: str, error: str | None) -> Notice:
    """Tell what is late: because it failed, or else because nothing tries."""
    if error:
        return _alarm(f"{clause} ({error}).", "cention check")
    return _alarm(f"{clause}.", START_BEAT)


def _kept(name: str, things: str) -> Notice:
    return _remark(f"{name}: {things} kept that could not be read.", "cention unreadable")


def _ago(moment: datetime | None, at: datetime) -> str:
    how_long = since(moment, at)
    return f"{how_long} ago" if how_long else "never"
