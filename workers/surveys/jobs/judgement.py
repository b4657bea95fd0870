"""Gathers what errands are judged by, and judges many in the order in which they are due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from schemas.surveys.rule import Vendor
from schemas.surveys.rules import RulesFile, read_document
from workers.surveys.rules.carrier import cannot_invite
from workers.surveys.rules.eligibility import (
    ActiveRule,
    Case,
    Invitee,
    JudgeContext,
    Verdict,
    case_of,
    judge,
)
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.store import holds, invited, person_keys, survey_rules
from workers.surveys.store.invited import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWorkspace:
    """A workspace, as far as surveys need to know its settings."""

    name: str
    zone: ZoneInfo
    country: str | None  # of telephone numbers without a prefix
    vendors: frozenset[Vendor] = frozenset(Vendor)  # with an account in the settings


class NoPersonKey(LookupError):
    """The workspace has no key for persons: ``cention migrate`` makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRules:
    """The rules file in force, and since when its rules are on."""

    file: RulesFile
    version: int
    on_from: Mapping[str, datetime | None]  # by name; None: off

    def active(self, on_from: Callable[[str], datetime | None]) -> list[ActiveRule]:
        """Return the rules in the order of the file, each from when ``on_from`` says."""
        return [
            ActiveRule(rule=rule, version=self.version, on_from=since)
            for rule in self.file.rules
            if (since := on_from(rule.name)) is not None
        ]


def load_rules(conn: Connection[Any], workspace: str) -> LoadedRules | None:
    """Return the rules file in force; ``None`` if none was loaded."""
    stored = survey_rules.newest(conn, workspace)
    if stored is None:
        return None
    states = survey_rules.states(conn, workspace)
    return LoadedRules(
        file=read_document(stored.document),
        version=stored.version,
        on_from={state.name: state.on_from for state in states},
    )


def rules_of_version(conn: Connection[Any], workspace: str, version: int) -> RulesFile:
    """Return a rules file that was in force. Raises ``LookupError`` if there is none."""
    stored = survey_rules.of_version(conn, workspace, version)
    if stored is None:
        raise LookupError(f"no version {version} of the rules of {workspace}")
    return read_document(stored.document)


def context_of(
    conn: Connection[Any],
    workspace: SurveyWorkspace,
    active: Sequence[ActiveRule],
    *,
    now: datetime,
) -> JudgeContext:
    """Return what errands are judged by at present. Raises ``NoPersonKey``."""
    key = person_keys.read(conn, workspace.name)
    if key is None:
        raise NoPersonKey(workspace.name)
    paused = set(holds.paused_vendors(conn, workspace.name, now=now))
    return JudgeContext(
        workspace=workspace.name,
        zone=workspace.zone,
        country=workspace.country,
        key=key,
        rules=active,
        held=holds.held(conn, workspace.name),
        paused=frozenset(
            vendor
            for vendor in Vendor
            if cannot_invite(vendor, paused) or vendor not in workspace.vendors
        ),
    )


def cases_of(facts: Iterable[ErrandFacts], context: JudgeContext, *, until: datetime) -> list[Case]:
    """Return the cases that can be decided until a moment, in the order in which they are due."""
    cases = (case_of(one, context) for one in facts)
    ready = [case for case in cases if case is not None and case.ready_at <= until]
    return sorted(ready, key=lambda case: (case.ready_at, case.facts.errand_id))


def with_history(
    conn: Connection[Any], context: JudgeContext, cases: Sequence[Case], scope: Scope
) -> JudgeContext:
    """Return the context with the past of the persons and threads of some cases."""
    persons = {case.person for case in cases if case.person is not None}
    threads = {case.facts.thread_id for case in cases if case.facts.thread_id is not None}
    past = invited.history(conn, scope, persons=sorted(persons), threads=sorted(threads))
    return replace(context, history=past)


def decided(case: Case, context: JudgeContext, *, now: datetime) -> Verdict | None:
    """Decide a case, and let an invitation count for the next ones; ``None`` if it must wait."""
    verdict = judge(case, context, now=now)
    if verdict is not None and verdict.invitee is not None:
        _count(verdict.invitee, verdict, context)
    return verdict


def _count(invitee: Invitee, verdict: Verdict, context: JudgeContext) -> None:
    facts, history = verdict.case.facts, context.history
    rule, day = invitee.active.rule.name, verdict.at.astimezone(context.zone).date()
    history.remember(invitee.person, rule, verdict.at)
    history.count(rule, day, facts.agent_id, 1)
    if facts.thread_id is not None:
        history.threads.add(facts.thread_id)
