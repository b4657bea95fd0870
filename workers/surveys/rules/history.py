"""Whom we invited before, as far as it bears on the next decisions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(slots=True, kw_only=True)
class History:
    """Invitations, answers and objections of some persons; grows with each decision."""

    opted_out: set[bytes] = field(default_factory=set)
    answered: dict[bytes, list[datetime]] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)  # with an invitation
    waiting: set[bytes] = field(default_factory=set)  # persons with an invitation still to be sent
    _last: dict[bytes, datetime] = field(default_factory=dict)
    _last_by_rule: dict[tuple[bytes, str], datetime] = field(default_factory=dict)
    _per_day: Counter[tuple[str, date]] = field(default_factory=Counter)
    _per_agent: Counter[tuple[str, date, int | None]] = field(default_factory=Counter)

    def remember(self, person: bytes, rule: str, at: datetime) -> None:
        """Take in when a person was invited by a rule."""
        self._last[person] = max(at, self._last.get(person, at))
        self._last_by_rule[person, rule] = max(at, self._last_by_rule.get((person, rule), at))

    def count(self, rule: str, day: date, agent_id: int | None, number: int) -> None:
        """Take in a number of invitations of one rule, day and agent."""
        self._per_day[rule, day] += number
        self._per_agent[rule, day, agent_id] += number

    def last_invited(self, person: bytes, rule: str | None = None) -> datetime | None:
        """Return when a person was last invited, by one rule or any."""
        return self._last.get(person) if rule is None else self._last_by_rule.get((person, rule))

    def last_answered(self, person: bytes, *, until: datetime) -> datetime | None:
        """Return when a person last answered a survey, up to a moment."""
        return max((at for at in self.answered.get(person, ()) if at <= until), default=None)

    def invited_on(self, rule: str, day: date) -> int:
        """Return how many a rule invited on a day."""
        return self._per_day[rule, day]

    def invited_for(self, rule: str, day: date, agent_id: int | None) -> int:
        """Return how many a rule invited on a day for the errands of an agent."""
        return self._per_agent[rule, day, agent_id]
