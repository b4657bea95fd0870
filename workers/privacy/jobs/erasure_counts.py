"""Counts of an erasure, by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRows:
    """How many rows of one table were redacted, in whole or in part, or removed."""

    table: str
    blanked: int
    removed: int


@dataclass(slots=True)
class ErasureCounts:
    """Counts rows while they are redacted and removed."""

    redacted: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)

    def total(self) -> int:
        """Return how many rows were changed."""
        return self.redacted.total() + self.removed.total()

    def tables(self) -> tuple[ErasedRows, ...]:
        """Return the counts of each table that was changed."""
        names = sorted(set(+self.redacted) | set(+self.removed))
        return tuple(
            ErasedRows(table=name, blanked=self.redacted[name], removed=self.removed[name])
            for name in names
        )
