"""Log-ins and log-outs of agents, as rows of JSON or of CSV.

Source: Cention Logio API, ``GET capi/custom/logio``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from marshmallow import ValidationError

from schemas.jsonapi.scalars import text, unix_time
from schemas.text.unstorable import replace_unstorable, replace_unstorable_text

COLUMNS = ("id", "name", "timestamp", "action")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogon:
    """One log-in or log-out. Together its members are its key: Cention tells no id."""

    login_name: str  # not the display name that reports tell
    happened_at: datetime  # aware, UTC, whole seconds
    action: str  # as Cention writes it: Login or Logout in all that was seen
    occurrence: int  # from 1; which of several equal events within that second


@dataclass(frozen=True, slots=True, kw_only=True)
class OddRow:
    """A row of an answer that is no log-on."""

    row: Any  # as it came, less its running number, with what Postgres cannot hold replaced
    problem: str  # names members, quotes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogons:
    """What one answer tells."""

    logons: tuple[AgentLogon, ...]  # in order of time, then of name and action
    odd: tuple[OddRow, ...]


def read_agent_logons(rows: Sequence[Any]) -> AgentLogons:
    """Read the rows of one answer: objects of JSON, or lists of columns of CSV.

    ``id`` is a running number of the answer, another one in the next, so it is read by nobody.
    Equal events of one second are told apart by counting them. Seconds are whole and so are
    windows of seconds: an answer has all of a second or none of it, unless that second was not
    over when it was asked. So the count of an event in one answer is never too high, that in
    another may be higher, and events counted up to the highest are all there were.

    A row that is no log-on is kept apart with its problem, and is no error.
    """
    facts: list[tuple[datetime, str, str]] = []
    odd: list[OddRow] = []
    for row in rows:
        try:
            facts.append(_facts(row))
        except ValidationError as error:
            odd.append(OddRow(row=replace_unstorable(_unnumbered(row)), problem=_told(error)))
    return AgentLogons(logons=_counted(facts), odd=tuple(odd))


def _counted(facts: list[tuple[datetime, str, str]]) -> tuple[AgentLogon, ...]:
    seen: Counter[tuple[datetime, str, str]] = Counter()
    logons = []
    for fact in facts:
        seen[fact] += 1
        happened_at, login_name, action = fact
        logons.append(
            AgentLogon(
                login_name=login_name,
                happened_at=happened_at,
                action=action,
                occurrence=seen[fact],
            )
        )
    return tuple(sorted(logons, key=attrgetter("happened_at", "login_name", "action")))


def _facts(row: Any) -> tuple[datetime, str, str]:
    if isinstance(row, list):
        if len(row) != len(COLUMNS):
            raise ValidationError(f"has {len(row)} columns and not {len(COLUMNS)}")
        row = dict(zip(COLUMNS, row, strict=True))
    if not isinstance(row, Mapping):
        raise ValidationError("must be an object")
    return (
        _member(row, "timestamp", unix_time),
        # Cleaned before they are counted: what is equal in the database is counted as equal.
        replace_unstorable_text(_member(row, "name", text)),
        replace_unstorable_text(_member(row, "action", text)),
    )


def _member(row: Mapping[str, Any], name: str, read: Any) -> Any:
    try:
        value = read(row.get(name))
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error
    if value is None:
        raise ValidationError({name: ["is missing"]})
    return value


def _unnumbered(row: Any) -> Any:
    if isinstance(row, dict):
        return {key: value for key, value in row.items() if key != COLUMNS[0]}
    return row[1:] if isinstance(row, list) else row


def _told(error: ValidationError) -> str:
    if isinstance(error.messages, dict):
        return "; ".join(f"{name} {' '.join(said)}" for name, said in error.messages.items())
    return " ".join(error.messages)
