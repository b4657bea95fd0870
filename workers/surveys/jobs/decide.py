"""Decides about each errand once: an invitation that is due, or the reason why there is none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from psycopg import Connection

from schemas.surveys.rule import Event
from workers.database import Transaction, advisory_locks
from workers.surveys.jobs import judgement
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace
from workers.surveys.rules.eligibility import Case, Check, Invitee, JudgeContext, Verdict
from workers.surveys.store import decisions, errand_facts, holds
from workers.surveys.store.decisions import NewDecision, NewInvitation
from workers.surveys.store.invited import Scope

log = structlog.get_logger(__name__)

# Errands that were committed late, or happened a little before a run that did not see them.
MARGIN = timedelta(days=1)
REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideResult:
    """How many errands were decided, by reason; ``invite`` are invitations."""

    numbers: Mapping[str, int]


def decide(
    workspace: SurveyWorkspace, *, session: Transaction, now: datetime | None = None
) -> DecideResult | None:
    """Decide every errand of a workspace whose time has come.

    All in one transaction; ``now`` is the clock of the database if it is not given. Return
    ``None`` if another process is deciding, if no rule is on, or before ``cention migrate`` has
    made the key of persons. ``session`` lends a connection in autocommit mode.
    """
    with (
        session() as conn,
        advisory_locks.hold(conn, f"surveys/decide/{workspace.name}", slots=1) as slot,
    ):
        if slot is None:
            return None
        try:
            with conn.transaction():
                return _decide(conn, workspace, now or decisions.now(conn))
        except NoPersonKey:
            log.warning("nothing decided: run cention migrate", workspace=workspace.name)
            return None


def _decide(
    conn: Connection[Any], workspace: SurveyWorkspace, now: datetime
) -> DecideResult | None:
    if holds.hold_if_restored(conn):
        log.warning("surveys held: the database was restored")
    rules = judgement.load_rules(conn, workspace.name)
    active = rules.active(rules.on_from.get) if rules else []
    if not active:
        return None
    context = judgement.context_of(conn, workspace, active, now=now)
    ids = errand_facts.undecided(
        conn,
        workspace.name,
        fetched_from=_fetched_from(conn, context),
        since=min(each.on_from for each in active),
        answered_until=now - min(each.rule.after for each in active),
        closed=any(each.rule.event is Event.CLOSED for each in active),
    )
    cases = judgement.cases_of(errand_facts.read(conn, workspace.name, ids), context, until=now)
    scope = Scope(
        workspace=workspace.name,
        timezone=workspace.zone.key,
        days_from=min((case.due_at for case in cases), default=now),
    )
    context = judgement.with_history(conn, context, cases, scope)
    new = (_new_decision(verdict) for verdict in _verdicts(cases, context, now))
    numbers = decisions.save(conn, workspace.name, new, decided_at=now)
    if numbers:
        log.info("errands decided", workspace=workspace.name, **numbers)
    return DecideResult(numbers=numbers)


def _verdicts(cases: Sequence[Case], context: JudgeContext, now: datetime) -> Iterator[Verdict]:
    for case in cases:
        verdict = judgement.decided(case, context, now=now)
        if verdict is not None:
            yield verdict
        if verdict is not None and verdict.invitee is not None:
            context.history.waiting.add(verdict.invitee.person)


def _fetched_from(conn: Connection[Any], context: JudgeContext) -> datetime:
    """Return since when errands are searched: the last run decided all that was over by then."""
    first = min(each.on_from for each in context.rules)
    last = decisions.last_decided_at(conn, context.workspace)
    if last is None:
        return first
    longest = max(each.rule.within for each in context.rules)
    return max(first, last - longest - MARGIN)


def _new_decision(verdict: Verdict) -> NewDecision:
    case = verdict.case
    return NewDecision(
        errand_id=case.facts.errand_id,
        event=case.event,
        event_at=case.event_at,
        rule=case.active.rule.name if case.active else None,
        rule_version=case.active.version if case.active else None,
        reason=verdict.reason.value if verdict.reason else None,
        detail=_detail(verdict.failed) if verdict.failed else None,
        invitation=_new_invitation(verdict.invitee, verdict) if verdict.invitee else None,
    )


def _new_invitation(invitee: Invitee, verdict: Verdict) -> NewInvitation:
    facts, rule = verdict.case.facts, invitee.active.rule
    return NewInvitation(
        reference=secrets.token_urlsafe(REFERENCE_BYTES),
        thread_id=facts.thread_id,
        vendor=invitee.vendor,
        survey=rule.surveys_for(facts.area)[invitee.vendor],
        channel=invitee.contact.channel,
        contact=invitee.contact.text,
        contact_name=facts.contact_name or None,
        person=invitee.person.hex(),
        language=rule.language,
        area_id=facts.area_id,
        agent_id=facts.agent_id,
        service_id=facts.service_id,
        organisation_id=facts.organisation_id,
        answered_by=facts.answered_by,
        tag_ids=list(facts.tag_ids),
        due_at=verdict.at,
        send_until=verdict.case.deadline,
        expires_at=verdict.at + rule.expires_after,
    )


def _detail(failed: Check) -> str | None:
    """Return value and limit of a failed check; they never hold a contact."""
    parts = [
        f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else str(value)
        for value in (failed.value, failed.limit)
        if value not in (None, True, False, ())
    ]
    return ", limit ".join(parts) or None
