"""Explains one errand: every condition of every rule, now, and the decision as it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from schemas.surveys.rule import Rule
from workers.surveys.jobs import judgement
from workers.surveys.jobs.judgement import LoadedRules, SurveyWorkspace
from workers.surveys.rules import sending_hours
from workers.surveys.rules.eligibility import (
    ActiveRule,
    Case,
    JudgeContext,
    case_under,
    checks,
)
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.where import where_checks
from workers.surveys.store import decisions, errand_facts
from workers.surveys.store.decisions import Decision
from workers.surveys.store.invited import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a rule: what was found, and what the limit is."""

    name: str
    passed: bool
    value: Any
    limit: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """How one rule looks at an errand now."""

    rule: str
    version: int
    conditions: Sequence[Condition]
    due_at: datetime | None  # None: its event has not happened
    deadline: datetime | None

    @property
    def fits(self) -> bool:
        """Whether every condition is met."""
        return all(condition.passed for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The decision about an errand, and how each rule looks at it now."""

    errand_id: int
    decision: Decision | None
    rules: Sequence[RuleAnswer]


class UnknownErrand(LookupError):
    """There is no such errand in the database."""


def why(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    errand_id: int,
    *,
    now: datetime | None = None,
) -> Why:
    """Explain an errand. Raises ``UnknownErrand`` or ``judgement.NoPersonKey``."""
    now = now or decisions.now(conn)
    facts = next(iter(errand_facts.read(conn, workspace.name, [errand_id])), None)
    if facts is None:
        raise UnknownErrand(errand_id)
    rules = judgement.load_rules(conn, workspace.name)
    return Why(
        errand_id=errand_id,
        decision=decisions.find(conn, workspace.name, errand_id),
        rules=_answers(conn, workspace, rules, facts, now) if rules else [],
    )


def _answers(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    rules: LoadedRules,
    facts: ErrandFacts,
    now: datetime,
) -> list[RuleAnswer]:
    # Off or not, and whatever happened before a rule was on: every condition is shown.
    active = rules.active(lambda name: rules.on_from[name] or now)
    context = judgement.context_of(conn, workspace, active, now=now)
    cases = {
        one.rule.name: case_under(one, event_at, facts, context)
        for one in active
        if (event_at := facts.event_at(one.rule.event)) is not None
    }
    scope = Scope(
        workspace=workspace.name,
        timezone=workspace.zone.key,
        days_from=now,
        but_errand=facts.errand_id,
    )
    context = judgement.with_history(conn, context, list(cases.values()), scope)
    return [
        _answer(one, rules.on_from[one.rule.name], cases.get(one.rule.name), facts, context, now)
        for one in active
    ]


def _answer(
    active: ActiveRule,
    on_from: datetime | None,
    case: Case | None,
    facts: ErrandFacts,
    context: JudgeContext,
    now: datetime,
) -> RuleAnswer:
    conditions = [
        Condition(name="on", passed=on_from is not None, value=on_from, limit=None),
        _event(active.rule, on_from, case),
        *(
            Condition(name=f"where.{name}", passed=passed, value=value, limit=limit)
            for name, passed, value, limit in where_checks(facts, active.rule.where)
        ),
    ]
    if case is not None:
        conditions += _conditions(case, context, now)
    return RuleAnswer(
        rule=active.rule.name,
        version=active.version,
        conditions=conditions,
        due_at=case.due_at if case else None,
        deadline=case.deadline if case else None,
    )


def _event(rule: Rule, on_from: datetime | None, case: Case | None) -> Condition:
    happened_at = case.event_at if case else None
    passed = happened_at is not None and (on_from is None or happened_at >= on_from)
    return Condition(name=rule.event.value, passed=passed, value=happened_at, limit=on_from)


def _conditions(case: Case, context: JudgeContext, now: datetime) -> Iterator[Condition]:
    if case.active is None:
        return
    rule = case.active.rule
    at = case.due_at
    if now > at:
        at = sending_hours.next_open(rule, now, context.zone)
    yield Condition(name="due", passed=now >= case.due_at, value=now, limit=case.due_at)
    for check in checks(case, context, at=at):
        yield Condition(
            name=check.reason.value, passed=check.passed, value=check.value, limit=check.limit
        )
