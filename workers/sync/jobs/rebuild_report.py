"""What making rows anew has changed, counted by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from workers.sync.store.row_digests import Rows

# Rows of these belong to many documents: met in several batches, each counts once.
SHARED = frozenset(
    f"cention.{name}" for name in ("organisation", "area", "agent", "service", "tag")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """How many rows of one table came, went, or say something else."""

    table: str
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """What came of making the rows of one family of one workspace anew."""

    workspace: str
    family: str
    documents: int
    readable_now: int  # that had a problem before
    unreadable_now: int  # that had none before; their rows stay
    wanted: int  # records put on the list, as what is kept of them does not suffice
    tables: tuple[TableChanges, ...]  # that changed


@dataclass(slots=True)
class RebuildCounts:
    """Counts while batches are made anew."""

    documents: int = 0
    readable_now: int = 0
    unreadable_now: int = 0
    wanted: int = 0
    _rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    _met: set[tuple[str, str]] = field(default_factory=set)

    def add_rows(self, before: Rows, after: Rows) -> None:
        """Count what differs."""
        for row in before.keys() | after.keys():
            if before.get(row) == after.get(row) or row in self._met:
                continue
            if row[0] in SHARED:
                self._met.add(row)
            self._rows[row[0], _change(row, before, after)] += 1

    def add_problem(self, before: str | None, now: str | None) -> None:
        """Count a document that had, or has, a problem."""
        self.documents += 1
        self.readable_now += before is not None and now is None
        self.unreadable_now += before is None and now is not None

    def report(self, workspace: str, family: str) -> RebuildReport:
        """Return the sums."""
        tables = sorted({table for table, _ in self._rows})
        return RebuildReport(
            workspace=workspace,
            family=family,
            documents=self.documents,
            readable_now=self.readable_now,
            unreadable_now=self.unreadable_now,
            wanted=self.wanted,
            tables=tuple(self._table(table) for table in tables),
        )

    def _table(self, table: str) -> TableChanges:
        return TableChanges(
            table=table,
            added=self._rows[table, "added"],
            changed=self._rows[table, "changed"],
            removed=self._rows[table, "removed"],
        )


def _change(row: tuple[str, str], before: Rows, after: Rows) -> str:
    if row not in before:
        return "added"
    return "changed" if row in after else "removed"
