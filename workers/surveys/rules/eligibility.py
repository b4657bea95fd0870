"""The judge: whether an errand leads to an invitation, and if not, why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schemas.surveys.rule import REACHES_MOBILES, Contact, Event, Rule, Vendor
from workers.surveys.rules import person, sampling, sending_hours
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.history import History
from workers.surveys.rules.person import Channel, ContactProblem
from workers.surveys.rules.where import fits

PUNCTUAL = timedelta(minutes=15)  # a decision so late counts as made when it was due


class Reason(StrEnum):
    """Why nobody is invited: the closed list of ``feedback.decision.reason``."""

    NO_RULE = "no_rule"
    VENDOR_OFF = "vendor_off"
    DELETED = "deleted"
    GONE = "gone"
    ERASED = "erased"
    MADE_BY_US = "made_by_us"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    ROBOT_ADDRESS = "robot_address"
    OWN_DOMAIN = "own_domain"
    OPTED_OUT = "opted_out"
    QUIET = "quiet"
    RULE_QUIET = "rule_quiet"
    ANSWERED_LATELY = "answered_lately"
    THREAD_ASKED = "thread_asked"
    CENTION_ASKED = "cention_asked"
    SAMPLED_OUT = "sampled_out"
    CAP_DAY = "cap_day"
    CAP_AGENT = "cap_agent"
    NO_SURVEY_FOR_AREA = "no_survey_for_area"
    TOO_LATE = "too_late"
    STILL_OPEN = "still_open"
    HELD = "held"
    WITHDRAWN_BY_OPERATOR = "withdrawn_by_operator"


# What may pass: final only when the time of the rule has run out.
PASSING = frozenset({Reason.STILL_OPEN, Reason.HELD, Reason.VENDOR_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRule:
    """A rule that is on."""

    rule: Rule
    version: int  # of the rules file
    on_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An errand to be judged, by the first rule that fits it."""

    facts: ErrandFacts
    active: ActiveRule | None  # None: no rule fits
    event: Event
    event_at: datetime
    due_at: datetime  # the first moment at which the invitation may be sent
    deadline: datetime  # after it nobody is asked
    contact: person.Contact | ContactProblem
    person: bytes | None = field(repr=False)

    @property
    def ready_at(self) -> datetime:
        """When it can be decided."""
        return min(self.due_at, self.deadline)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeContext:
    """What all errands of a workspace are judged by."""

    workspace: str
    zone: ZoneInfo
    country: str | None
    key: bytes = field(repr=False)  # of the hashes of persons
    rules: Sequence[ActiveRule]
    history: History = field(default_factory=History)
    held: str | None = None  # why nobody is invited at all
    paused: Collection[Vendor] = ()


class Check(NamedTuple):
    """One condition: what was found, and what the limit is."""

    reason: Reason  # that it would give
    passed: bool
    value: Any
    limit: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Whom an invitation goes to, by which rule and vendor."""

    active: ActiveRule
    vendor: Vendor
    contact: person.Contact
    person: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision about a case: an invitation, or the check that it failed."""

    case: Case
    at: datetime
    failed: Check | None = None
    invitee: Invitee | None = None

    @property
    def reason(self) -> Reason | None:
        """Why nobody is invited; ``None`` if somebody is."""
        return self.failed.reason if self.failed else None


def case_of(facts: ErrandFacts, context: JudgeContext) -> Case | None:
    """Return the case of an errand; ``None`` if no rule is on for what happened to it."""
    happened = [
        (active, event_at)
        for active in context.rules
        if (event_at := facts.event_at(active.rule.event)) and event_at >= active.on_from
    ]
    if not happened:
        return None
    fitting = next((one for one in happened if fits(facts, one[0].rule.where)), None)
    if fitting is not None:
        return case_under(*fitting, facts, context)
    # The errand may still change until the last rule has looked at it.
    last, event_at = max(happened, key=lambda one: one[1] + one[0].rule.after)
    due_at = event_at + last.rule.after
    return Case(
        facts=facts,
        active=None,
        event=last.rule.event,
        event_at=event_at,
        due_at=due_at,
        deadline=due_at,
        contact=ContactProblem.NONE,
        person=None,
    )


def case_under(
    active: ActiveRule, event_at: datetime, facts: ErrandFacts, context: JudgeContext
) -> Case:
    """Return the case of an errand under one rule, whether or not it fits."""
    rule = active.rule
    contact = person.read_contact(facts.contact, country=context.country)
    return Case(
        facts=facts,
        active=active,
        event=rule.event,
        event_at=event_at,
        due_at=sending_hours.next_open(rule, event_at + rule.after, context.zone),
        deadline=event_at + rule.within,
        contact=contact,
        person=(
            person.hash_of(context.key, contact) if isinstance(contact, person.Contact) else None
        ),
    )


def judge(case: Case, context: JudgeContext, *, now: datetime) -> Verdict | None:
    """Decide a case; ``None`` if it must wait."""
    if now < case.ready_at:
        return None
    at = _judged_at(case, context, now)
    over = now >= case.deadline
    failed = next((check for check in checks(case, context, at=at) if not check.passed), None)
    if failed is None and at > now:
        return None
    if failed is not None and not over and (failed.reason in PASSING or at > now):
        return None
    invitee = None if failed else _invitee(case, context)
    return Verdict(case=case, at=at, failed=failed, invitee=invitee)


def _invitee(case: Case, context: JudgeContext) -> Invitee:
    """Return whom a case that has passed every check invites."""
    if case.active is None or case.person is None or isinstance(case.contact, ContactProblem):
        raise AssertionError("a case without rule or contact cannot pass")
    usable = (v for v in _reaching(case, case.active.rule) if v not in context.paused)
    return Invitee(
        active=case.active, vendor=next(usable), contact=case.contact, person=case.person
    )


def _judged_at(case: Case, context: JudgeContext, now: datetime) -> datetime:
    """Return when an invitation would be sent: when it is due, or as soon as possible."""
    if case.active is None or now <= case.due_at:
        return case.due_at
    rule, zone = case.active.rule, context.zone
    if now - case.due_at <= PUNCTUAL and sending_hours.is_open(rule, now, zone):
        return case.due_at
    return sending_hours.next_open(rule, now, zone)


def checks(case: Case, context: JudgeContext, *, at: datetime) -> Iterator[Check]:
    """Yield every condition in the order in which it counts."""
    facts = case.facts
    yield Check(Reason.DELETED, not facts.deleted, facts.deleted)
    yield Check(Reason.GONE, not facts.gone, facts.gone)
    yield Check(Reason.ERASED, not facts.erased, facts.erased)
    yield Check(Reason.MADE_BY_US, not facts.made_by_us, facts.made_by_us)
    if case.active is None:
        yield Check(Reason.NO_RULE, False, None)
        return
    rule = case.active.rule
    yield Check(Reason.STILL_OPEN, not facts.reopened, facts.reopened)
    yield Check(Reason.HELD, context.held is None, context.held)
    yield from _contact_checks(case, rule, context.history)
    asked = facts.cention_asked
    yield Check(Reason.CENTION_ASKED, not (asked and rule.skip_if_cention_asked), asked)
    surveys = rule.surveys_for(facts.area)
    yield Check(Reason.NO_SURVEY_FOR_AREA, bool(surveys), facts.area)
    reaching = _reaching(case, rule)
    yield Check(Reason.NO_ADDRESS, bool(reaching or not surveys), _channel(case), rule.vendors)
    off = [vendor for vendor in reaching if vendor in context.paused]
    yield Check(Reason.VENDOR_OFF, not reaching or len(off) < len(reaching), tuple(off))
    yield Check(Reason.TOO_LATE, at <= case.deadline, at, case.deadline)
    yield from _history_checks(case, rule, context, at)


def _contact_checks(case: Case, rule: Rule, history: History) -> Iterator[Check]:
    contact = case.contact
    missing = contact is ContactProblem.NONE
    wanted = rule.contact is Contact.EITHER or _channel(case) in (None, rule.contact.value)
    yield Check(Reason.NO_ADDRESS, not missing and wanted, _channel(case), rule.contact.value)
    if isinstance(contact, ContactProblem):
        yield Check(Reason.BAD_ADDRESS, missing, None)
        return
    yield Check(Reason.ROBOT_ADDRESS, not contact.is_robot, contact.is_robot)
    own = rule.where.own_domains or ()
    at = next((domain for domain in own if contact.is_at(domain)), None)
    yield Check(Reason.OWN_DOMAIN, at is None, at, own)
    opted_out = case.person in history.opted_out
    yield Check(Reason.OPTED_OUT, not opted_out, opted_out)


def _history_checks(case: Case, rule: Rule, context: JudgeContext, at: datetime) -> Iterator[Check]:
    facts, history, who = case.facts, context.history, case.person
    asked = rule.ask_thread_once and facts.thread_id in history.threads
    yield Check(Reason.THREAD_ASKED, not asked, facts.thread_id, rule.ask_thread_once)
    if who is not None:
        last = history.last_answered(who, until=at)
        yield _since(Reason.ANSWERED_LATELY, last, rule.after_answer_days, at)
    lot = sampling.percentile(context.workspace, rule.name, facts.errand_id)
    yield Check(Reason.SAMPLED_OUT, lot < rule.sample_percent, round(lot, 2), rule.sample_percent)
    if who is not None:
        last = history.last_invited(who)
        quiet = _since(Reason.QUIET, last, rule.quiet_days, at)
        at_once = who in history.waiting or (last is not None and at <= last)
        yield quiet._replace(passed=quiet.passed and not at_once)
        last = history.last_invited(who, rule.name)
        yield _since(Reason.RULE_QUIET, last, rule.again_after_days, at)
    day = at.astimezone(context.zone).date()
    yield _below(Reason.CAP_DAY, history.invited_on(rule.name, day), rule.per_day)
    mine = history.invited_for(rule.name, day, facts.agent_id)
    capped = None if facts.agent_id is None else rule.per_agent_day
    yield _below(Reason.CAP_AGENT, mine, capped)


def _reaching(case: Case, rule: Rule) -> list[Vendor]:
    surveys = rule.surveys_for(case.facts.area)
    mobile = _channel(case) == Channel.MOBILE
    return [one for one in surveys if not mobile or one in REACHES_MOBILES]


def _channel(case: Case) -> str | None:
    return case.contact.channel.value if isinstance(case.contact, person.Contact) else None


def _since(reason: Reason, last: datetime | None, days: int | None, at: datetime) -> Check:
    passed = last is None or not days or at - last >= timedelta(days=days)
    return Check(reason, passed, last, days)


def _below(reason: Reason, count: int, limit: int | None) -> Check:
    return Check(reason, limit is None or count < limit, count, limit)
