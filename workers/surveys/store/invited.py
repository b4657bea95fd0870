"""Reads whom we invited before, as far as it bears on the next decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from workers.database import queries
from workers.surveys.rules.history import History
from workers.surveys.store import opt_outs

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of the past is read."""

    workspace: str
    timezone: str
    days_from: datetime  # daily numbers are counted from this day on
    before: datetime | None = None  # only what was due before; None: everything
    but_errand: int | None = None  # all but the invitation of this errand


def history(
    conn: Connection[Any], scope: Scope, *, persons: Sequence[bytes], threads: Sequence[int]
) -> History:
    """Return the past of some persons and threads, and the daily numbers of all rules."""
    parameters = {
        "workspace": scope.workspace,
        "timezone": scope.timezone,
        "days_from": scope.days_from,
        "before": scope.before,
        "but_errand": scope.but_errand,
        "persons": list(persons),
        "threads": list(threads),
    }
    found = History(opted_out=opt_outs.among(conn, scope.workspace, persons))
    for person, rule, at, waiting in conn.execute(SQL["invited_persons"], parameters):
        found.remember(bytes(person), rule, at)
        if waiting:
            found.waiting.add(bytes(person))
    found.threads.update(row[0] for row in conn.execute(SQL["invited_threads"], parameters))
    for rule, day, agent_id, number in conn.execute(SQL["invited_per_day"], parameters):
        found.count(rule, day, agent_id, number)
    for person, at in conn.execute(SQL["answers_of_persons"], parameters):
        found.answered.setdefault(bytes(person), []).append(at)
    return found
