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
MAX_CHARACTERS = 300  # of a name and of an action: together they are a key in the database


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogon:
    """One log-in or log-out. All members together are its key: Cention sends no id."""

    login_name: str  # not the display name in reports
    happened_at: datetime  # aware, UTC, whole seconds
    action: str  # as Cention writes it; so far always Login or Logout
    occurrence: int  # from 1; numbers equal events within one second


@dataclass(frozen=True, slots=True, kw_only=True)
class OddRow:
    """A row of an answer that is not a log-on."""

    row: Any  # unchanged, but for its running number and what Postgres cannot hold
    problem: str  # names members, quotes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogons:
    """The content of one answer."""

    logons: tuple[AgentLogon, ...]  # in order of time, then of name and action
    odd_rows: tuple[OddRow, ...]


def read_agent_logons(rows: Sequence[Any]) -> AgentLogons:
    """Read the rows of one answer: objects of JSON, or lists of columns of CSV.

    ``id`` is ignored: it is a running number that differs from answer to answer. Equal events of
    one second are counted. Windows consist of whole seconds, so an answer holds all of a second or
    nothing of it, unless the second was not over at the time of the request. The count of an event
    in one answer is therefore never too high, and the highest of several counts is the right one.

    A row that is not a log-on is returned in ``odd_rows``; it is not an error.
    """
    facts: list[tuple[datetime, str, str]] = []
    odd_rows: list[OddRow] = []
    for row in rows:
        try:
            facts.append(_facts(row))
        except ValidationError as error:
            row = replace_unstorable(_without_number(row))
            odd_rows.append(OddRow(row=row, problem=_message(error)))
    return AgentLogons(logons=_counted(facts), odd_rows=tuple(odd_rows))


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
        # Replace before counting: what is equal in the database must be counted as equal.
        replace_unstorable_text(_member(row, "name", _key)),
        replace_unstorable_text(_member(row, "action", _key)),
    )


def _key(value: object) -> str | None:
    name = text(value)
    if name is not None and len(name) > MAX_CHARACTERS:
        raise ValidationError(f"has more than {MAX_CHARACTERS} characters")
    return name


def _member(row: Mapping[str, Any], name: str, read: Any) -> Any:
    try:
        value = read(row.get(name))
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error
    if value is None:
        raise ValidationError({name: ["is missing"]})
    return value


def _without_number(row: Any) -> Any:
    if isinstance(row, dict):
        return {key: value for key, value in row.items() if key != COLUMNS[0]}
    return row[1:] if isinstance(row, list) else row


def _message(error: ValidationError) -> str:
    if isinstance(error.messages, dict):
        return "; ".join(f"{name} {' '.join(texts)}" for name, texts in error.messages.items())
    return " ".join(error.messages)
