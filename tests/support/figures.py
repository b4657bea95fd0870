"""The figures of errands, computed as plainly as they are defined, from the facts of a centre."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from deploy.sandbox.world.records import Verb
from tests.support.centre import Errand, Version
from tests.support.open_seconds import OpenSeconds

DAY_S = 86_400
# What the default patterns of cention.action_pattern say of a note.
KINDS: Mapping[Verb, tuple[str, ...]] = {
    Verb.ANSWERED: ("answered",),
    Verb.ANSWERED_AND_CLOSED: ("answered", "closed"),
    Verb.CLOSED: ("closed",),
    Verb.REOPENED: ("reopened",),
    Verb.DELETED: ("deleted",),
}
ORDER = ("arrived", "answered", "closed", "deleted", "gone", "reopened", "present")
ENDS = ("closed", "deleted", "gone")
UNDONE = ("deleted", "gone")  # once, and as long as it holds
MINUTE_S, HOUR_S = 60, 3_600
FIRST_S = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())  # earlier times stand for none
BANDS = ((1, "0-1"), (3, "1-3"), (7, "3-7"), (30, "7-30"))
Row = dict[str, Any]


class Event(NamedTuple):
    """One event that decides the figures."""

    at: int
    place: int  # among events of the same second
    kind: str
    source: str


class Change(NamedTuple):
    """What a fetch found that the one before had not, or the first fetch."""

    after: int | None
    until: int
    at: int
    source: str


@dataclass(frozen=True)
class Figures:
    """The figures of one errand."""

    errand: Errand
    open_seconds: OpenSeconds

    @property
    def arrived_at(self) -> int | None:
        """The arrival as far as it is known."""
        return known_arrival(self.errand)

    @cached_property
    def events(self) -> list[Event]:
        """What happened, in order, and what was found last."""
        arrived = self.arrived_at
        events = [Event(arrived, 0, "arrived", "report")] if arrived is not None else []
        for kind in ORDER[1:-1]:
            told = sorted(self._told(kind))
            if kind in UNDONE:
                told = told[-1:] if self._holds(kind) else []
            events += [
                Event(at if arrived is None else max(at, arrived), ORDER.index(kind), kind, source)
                for at, source in told
            ]
        events.sort()
        turns = [one for one in events if one.kind != "answered"]
        last = self.errand.versions[-1]
        found_ended = last.state in ENDS
        if turns and (turns[-1].kind in ENDS) != found_ended:
            changed_at = self._known(last.changed_at)
            at = last.valid_from if changed_at is None else changed_at
            kind = last.state if found_ended else "reopened"
            at = max(at, *(one.at for one in events))
            events.append(Event(at, len(ORDER), kind, "found"))
        return events

    def _holds(self, kind: str) -> bool:
        return self.errand.deleted if kind == "deleted" else self.errand.gone_at is not None

    def _known(self, at: int | None) -> int | None:
        """Return a time of a report or an action, or ``None`` if it is implausible."""
        if at is None or at < FIRST_S:
            return None
        return None if self.arrived_at is not None and at < self.arrived_at - DAY_S else at

    def _told(self, kind: str) -> list[tuple[int, str]]:
        """Return when something happened and what tells it: the log, or else all others."""
        errand = self.errand
        log = [
            one.at
            for one in errand.actions
            if kind in KINDS.get(one.verb, ()) and self._known(one.at) is not None
        ]
        if log:
            return [(at, "action") for at in log]
        callbacks = sorted(set(errand.callbacks)) if kind == "answered" else []
        told = [(at, "callback") for at in callbacks]
        changes = [
            one
            for one in self._changes(kind)
            if not any(_since(one) < at <= one.until + HOUR_S for at in callbacks)
        ]
        date = self._known({"answered": errand.answered_at, "closed": errand.done_at}.get(kind))
        if date is not None:
            dated = [
                one for one in self._changes(kind) if _since(one) < date <= one.until + MINUTE_S
            ]
            at = date
            if dated:
                at = min(max(date, dated[-1].after or date), dated[-1].until)
                changes = [one for one in changes if one != dated[-1]]
            if not callbacks or date > callbacks[-1] + MINUTE_S:
                told.append((at, "report"))
        return told + [(one.at, one.source) for one in changes]

    def _changes(self, kind: str) -> list[Change]:
        """Return what fetches found, in order."""
        found = []
        reported = [one for one in self.errand.versions if one.state != "gone"]
        if reported and kind in ("answered", "closed", "deleted") and getattr(reported[0], kind):
            at = reported[0].valid_from
            changed_at = self._known(reported[0].changed_at)
            found.append(Change(None, at, at if changed_at is None else changed_at, "found"))
        for old, new in pairwise(self.errand.versions):
            if _became(kind, old, new):
                found.append(Change(old.fetched_at, new.valid_from, new.valid_from, "version"))
        return found

    @cached_property
    def phases(self) -> list[tuple[int, int | None, str]]:
        """From when until when it waited on whom; neighbours of the same kind are one."""
        phase, found = "", []
        ended = False
        for event in self.events:
            if event.kind in ("arrived", "reopened"):
                now, ended = "us", False
            elif event.kind in ENDS:
                now, ended = "ended", True
            else:
                now = "ended" if ended else "customer"
            if now != phase:
                found.append((event.at, now))
            phase = now
        ends = [at for at, _ in found[1:]]
        return [(at, end, now) for (at, now), end in zip_longest(found, ends)]

    @cached_property
    def reopenings(self) -> list[tuple[int, int]]:
        """When it had been closed and when it was open again, each time."""
        found: list[tuple[int, int]] = []
        closed_at = None
        for event in self.events:
            if event.kind == "closed":
                closed_at = event.at
            elif event.kind in ("arrived", "reopened"):
                if event.kind == "reopened" and closed_at is not None:
                    found.append((closed_at, event.at))
                closed_at = None
        return found

    @cached_property
    def answers(self) -> list[tuple[int, int]]:
        """The number of each answer and when it was, as far as something tells when."""
        answered = [one for one in self.events if one.kind == "answered"]
        return [
            (number, one.at)
            for number, one in enumerate(answered, start=1)
            if one.source != "found"
        ]

    def times(self, kind: str) -> list[int]:
        """Return when events of a kind happened."""
        return [one.at for one in self.events if one.kind == kind]

    def row(self) -> Row:
        """Return the row of analyst.errand_metrics."""
        errand = self.errand
        answered = [one for one in self.events if one.kind == "answered"]
        closings = self.times("closed")
        known = bool(answered) and all(one.source != "found" for one in answered)
        is_closed = errand.closed and not errand.deleted
        resolved_at = max(closings) if closings and is_closed else None
        last_at, _, last = self.phases[-1] if self.phases else (None, None, "ended")
        verified = sorted(
            (one for one in errand.surveys if one.verified), key=lambda s: (s.at, s.session_id)
        )
        log = [one.verb for one in errand.actions]
        row: Row = {
            "errand_id": errand.errand_id,
            "arrived_at": self.arrived_at,
            "service_id": errand.service_id,
            "organisation_id": errand.organisation_id,
            "area_id": errand.area_id,
            "agent_id": errand.agent_id,
            "state": errand.versions[-1].state,
            "by_opening_hours": True,
            "deleted": errand.deleted,
            "first_response_at": answered[0].at if known else None,
            "first_response_source": answered[0].source if known else None,
            "last_response_at": max((at for _, at in self.answers), default=None),
            "response_count": len(answered),
            "first_resolved_at": min(closings, default=None),
            "resolved_at": resolved_at,
            "reopening_count": len(self.reopenings),
            "waiting_on": last if last != "ended" else None,
            "waiting_since_at": last_at if last != "ended" else None,
            "agent_count": len({one.agent_id for one in errand.versions} - {None}),
            "area_count": len({one.area_id for one in errand.versions}),
            "reassignment_count": max(log.count(Verb.ASSIGNED) - 1, 0) if log else None,
            "transfer_count": log.count(Verb.MOVED) if log else None,
            "one_touch": None
            if resolved_at is None
            else len(answered) == 1 and not self.reopenings,
            "sla_breached": None
            if errand.deleted or errand.within_sla is None
            else not errand.within_sla,
            "feedback_value": None if errand.deleted else errand.feedback_value,
            "csat_score": verified[0].csat if verified else None,
            "csat_highest": 5 if verified else None,
            "nps_score": verified[0].nps if verified else None,
        }
        for name, at in (
            ("first_response", row["first_response_at"]),
            ("last_response", row["last_response_at"]),
            ("first_resolution", row["first_resolved_at"]),
            ("final_resolution", resolved_at),
        ):
            row |= self.both(name, [(self.arrived_at, at)])
        for name in ("us", "customer"):
            waits = [(at, end) for at, end, phase in self.phases if phase == name and end]
            row |= self.both(f"waiting_on_{name}", waits)
        return row

    def both(self, name: str, stretches: Sequence[tuple[int | None, int | None]]) -> Row:
        """Return the minutes of stretches by the calendar and in opening hours; null for none."""
        known = [(a, b) for a, b in stretches if a is not None and b is not None]
        if name.startswith("waiting"):
            known = [(a, b) for a, b in known if b > a]
        area = self.errand.area_id
        return {
            f"{name}_min": minutes(sum(b - a for a, b in known)) if known else None,
            f"{name}_business_min": minutes(sum(self.open_seconds(area, a, b) for a, b in known))
            if known
            else None,
        }

    def holder(self, at: int) -> tuple[int, int | None]:
        """Return area and agent by the newest fetch until ``at``, or by the first fetch."""
        before = [one for one in self.errand.versions if one.valid_from <= at]
        version = before[-1] if before else self.errand.versions[0]
        return version.area_id, version.agent_id

    def open_at(self, at: int) -> str | None:
        """Return on whom it waits just before ``at``; ``None`` if it is not open."""
        if self.arrived_at is None:
            return None
        for begin, end, phase in self.phases:
            if begin < at and (end is None or end >= at) and phase != "ended":
                return phase
        return None


def known_arrival(errand: Errand) -> int | None:
    """Return the arrival, or ``None`` for one before 2000 or a day after its report."""
    at = errand.arrived_at
    return at if at is not None and FIRST_S <= at <= errand.fetched_at + DAY_S else None


def _since(change: Change) -> float:
    """Return after when it happened: dates are to the minute."""
    return -math.inf if change.after is None else change.after - MINUTE_S


def _became(kind: str, old: Version, new: Version) -> bool:
    if kind == "reopened":
        return old.closed and not new.closed
    if kind == "gone":
        return new.state == "gone" != old.state
    return bool(getattr(new, kind)) and not getattr(old, kind)


def minutes(seconds: int) -> Decimal:
    """Return minutes, rounded to hundredths."""
    return (Decimal(seconds) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def repeat_contacts(errands: Iterable[Errand]) -> list[Row]:
    """Return the rows of analyst.repeat_contact."""
    by_person: defaultdict[str, list[Errand]] = defaultdict(list)
    for errand in errands:
        if errand.address and known_arrival(errand) is not None and not errand.deleted:
            by_person[errand.address.lower()].append(errand)
    rows = []
    for written in by_person.values():
        written.sort(key=lambda one: (one.arrived_at, one.errand_id))
        for earlier, one in pairwise(written):
            apart_s = (one.arrived_at or 0) - (earlier.arrived_at or 0)
            if apart_s <= 30 * DAY_S:
                rows.append(
                    {
                        "errand_id": one.errand_id,
                        "earlier_errand_id": earlier.errand_id,
                        "arrived_at": one.arrived_at,
                        "earlier_at": earlier.arrived_at,
                        "after_min": minutes(apart_s),
                        "within_1_day": apart_s <= DAY_S,
                        "within_7_days": apart_s <= 7 * DAY_S,
                        "area_id": one.area_id,
                    }
                )
    return rows


def backlog(all_: Sequence[Figures], first: datetime, days: int, zone: ZoneInfo) -> list[Row]:
    """Return the rows of analyst.backlog_day of ``days`` days from ``first`` on."""
    rows = []
    for number in range(days):
        day = first.date() + timedelta(days=number)
        after = day + timedelta(days=1)
        end = int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp())
        groups: defaultdict[tuple[Any, ...], list[tuple[int, str]]] = defaultdict(list)
        for one in all_:
            if phase := one.open_at(end):
                arrived = one.arrived_at or 0
                key = (day, *one.holder(end - 1), band(end - arrived))
                groups[key].append((arrived, phase))
        for (of_day, area_id, agent_id, age), found in groups.items():
            rows.append(
                {
                    "day": of_day,
                    "area_id": area_id,
                    "agent_id": agent_id,
                    "age_band": age,
                    "open": len(found),
                    "waiting_on_us": sum(phase == "us" for _, phase in found),
                    "oldest_at": min(at for at, _ in found),
                }
            )
    return rows


def band(age_s: int) -> str:
    """Return the age band of an errand."""
    return next((name for days, name in BANDS if age_s <= days * DAY_S), "30+")
