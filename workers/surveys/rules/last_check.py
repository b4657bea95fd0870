"""The last check of an invitation, at the moment of sending: much may have changed since then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.surveys.rule import Rule
from workers.surveys.rules import sending_hours
from workers.surveys.rules.eligibility import Reason
from workers.surveys.rules.errand_facts import ErrandFacts


@dataclass(frozen=True, slots=True)
class Send:
    """It may be sent now."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """It may not be sent before a moment."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Reconsider:
    """The errand was reopened, or answered again: it is to be decided anew."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """It is never to be sent."""

    reason: Reason


Step = Send | WaitUntil | Reconsider | Withdraw


def last_check(
    facts: ErrandFacts | None,
    rule: Rule | None,
    *,
    on_from: datetime | None,
    opted_out: bool,
    send_until: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Step:
    """Return what to do with an invitation that is due.

    ``facts`` are those of its errand now, ``None`` if it is not here any more; ``rule`` is the
    rule it was decided by, ``None`` if that is not on any more, and ``on_from`` since when it is:
    a rule that was switched off and on again invites nobody for what happened before.
    """
    if (reason := _objection(facts, rule, opted_out=opted_out)) is not None:
        return Withdraw(reason)
    if facts is None or rule is None or on_from is None:
        raise AssertionError("without facts or a rule there is an objection")
    if now > send_until:
        return Withdraw(Reason.TOO_LATE)
    event_at = facts.event_at(rule.event)
    if facts.reopened or event_at is None or event_at + rule.after > now:
        return Reconsider()
    if event_at < on_from:
        return Withdraw(Reason.NO_RULE)
    if sending_hours.is_open(rule, now, zone):
        return Send()
    opening = sending_hours.next_open(rule, now, zone)
    return WaitUntil(opening) if opening <= send_until else Withdraw(Reason.TOO_LATE)


def _objection(facts: ErrandFacts | None, rule: Rule | None, *, opted_out: bool) -> Reason | None:
    if opted_out:
        return Reason.OPTED_OUT
    if rule is None:
        return Reason.NO_RULE
    if facts is None or facts.gone:
        return Reason.GONE
    if facts.deleted:
        return Reason.DELETED
    return Reason.ERASED if facts.erased else None
