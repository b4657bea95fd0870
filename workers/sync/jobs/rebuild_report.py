"""Counts which rows a rebuild has changed, by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from workers.sync.store.row_digests import Rows

# Rows of these tables belong to many documents: each is counted in one batch only.
SHARED = frozenset(
    f"cention.{name}" for name in ("organisation", "area", "agent", "service", "tag")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """How many rows of one table were added, changed or removed."""

    table: str
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """The result of rebuilding the rows of one family of one workspace."""

    workspace: str
    family: str
    documents: int
    readable_now: int  # that had a problem before
    unreadable_now: int  # that had none before; their rows stay
    wanted: int  # records to be fetched again, as their stored documents are incomplete
    tables: tuple[TableChanges, ...]  # that changed


@dataclass(slots=True)
class RebuildCounts:
    """Adds up the changes of several batches."""

    documents: int = 0
    readable_now: int = 0
    unreadable_now: int = 0
    wanted: int = 0
    _rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    _counted_shared: set[tuple[str, str]] = field(default_factory=set)

    def add_rows(self, before: Rows, after: Rows) -> None:
        """Count the rows that differ."""
        for row in before.keys() | after.keys():
            if before.get(row) == after.get(row) or row in self._counted_shared:
                continue
            if row[0] in SHARED:
                self._counted_shared.add(row)
            self._rows[row[0], _change(row, before, after)] += 1

    def add_problem(self, before: str | None, now: str | None) -> None:
        """Count a document, and whether its problem came or went."""
        self.documents += 1
        self.readable_now += before is not None and now is None
        self.unreadable_now += before is None and now is not None

    def report(self, workspace: str, family: str) -> RebuildReport:
        """Return the totals."""
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
