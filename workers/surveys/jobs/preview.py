"""Shows what a rule would have done in the last days. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection

from workers.surveys.jobs import judgement
from workers.surveys.jobs.judgement import LoadedRules, SurveyWorkspace
from workers.surveys.rules.eligibility import Case, JudgeContext, Reason, Verdict
from workers.surveys.store import decisions, errand_facts
from workers.surveys.store.decisions import INVITE
from workers.surveys.store.invited import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedErrand:
    """What would have been decided about one errand."""

    errand_id: int
    event_at: datetime
    due_at: datetime
    day: date  # of the workspace's clock
    area: str | None
    rule: str | None
    outcome: str  # invite, or the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would have been decided about all errands of some days."""

    rule: str
    since: datetime
    until: datetime
    errands: Sequence[PreviewedErrand]  # in the order in which they would have been decided
    waiting: int  # errands whose time has not come

    def totals(self) -> Mapping[str, int]:
        """Return how many errands have each outcome."""
        return Counter(one.outcome for one in self.errands)

    def by_area(self) -> Mapping[str | None, Mapping[str, int]]:
        """Return how many errands of each area have each outcome."""
        found: dict[str | None, Counter[str]] = {}
        for one in sorted(self.errands, key=lambda one: one.area or ""):
            found.setdefault(one.area, Counter())[one.outcome] += 1
        return found

    def by_day(self) -> Mapping[date, Mapping[str, int]]:
        """Return how many errands of each day have each outcome."""
        found: dict[date, Counter[str]] = {}
        for one in sorted(self.errands, key=lambda one: one.day):
            found.setdefault(one.day, Counter())[one.outcome] += 1
        return found


class UnknownRule(LookupError):
    """There is no rule of this name in the rules file in force."""


def preview(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    rule: str,
    *,
    days: int,
    now: datetime | None = None,
) -> Preview:
    """Judge the errands of the last days as if a rule had been on, beside those that are.

    Errands are judged as they are now, in the order in which they would have been due. What was
    decided since then is left out of account; holds and paused vendors too. Raises
    ``UnknownRule`` or ``judgement.NoPersonKey``.
    """
    until = now or decisions.now(conn)
    since = until - timedelta(days=days)
    rules = judgement.load_rules(conn, workspace.name)
    if rules is None or rules.file.rule(rule) is None:
        raise UnknownRule(rule)
    context = _context(conn, workspace, rules, rule, since)
    ids = errand_facts.answered_or_closed(conn, workspace.name, fetched_from=since)
    facts = errand_facts.read(conn, workspace.name, ids)
    everything = judgement.cases_of(facts, context, until=datetime.max.replace(tzinfo=until.tzinfo))
    cases = [case for case in everything if case.ready_at <= until]
    scope = Scope(
        workspace=workspace.name, timezone=workspace.zone.key, days_from=since, before=since
    )
    context = judgement.with_history(conn, context, cases, scope)
    verdicts = [_verdict(case, context, until) for case in cases]
    errands = [_previewed(verdict, workspace) for verdict in verdicts if verdict is not None]
    return Preview(
        rule=rule,
        since=since,
        until=until,
        errands=errands,
        waiting=len(everything) - len(errands),
    )


def _context(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    rules: LoadedRules,
    rule: str,
    since: datetime,
) -> JudgeContext:
    on = {name for name, on_from in rules.on_from.items() if on_from is not None} | {rule}
    active = rules.active(lambda name: since if name in on else None)
    context = judgement.context_of(conn, workspace, active, now=since)
    return replace(context, held=None, paused=frozenset())


def _verdict(case: Case, context: JudgeContext, until: datetime) -> Verdict | None:
    """Decide a case when it was due, or when its time ran out; ``None`` if it still waits."""
    verdict = judgement.decided(case, context, now=case.ready_at)
    if verdict is None and case.deadline <= until:
        return judgement.decided(case, context, now=case.deadline)
    return verdict


def _previewed(verdict: Verdict, workspace: SurveyWorkspace) -> PreviewedErrand:
    case, reason = verdict.case, verdict.reason
    return PreviewedErrand(
        errand_id=case.facts.errand_id,
        event_at=case.event_at,
        due_at=case.due_at,
        day=case.event_at.astimezone(workspace.zone).date(),
        area=case.facts.area,
        rule=case.active.rule.name if case.active else None,
        outcome=_outcome(reason),
    )


def _outcome(reason: Reason | None) -> str:
    return INVITE if reason is None else reason.value
