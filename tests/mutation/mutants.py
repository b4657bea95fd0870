"""What a mutant is, and which there are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from tests.mutation import python_mutants, sql_mutants

ROOMS = {
    "clients": ("workers/clients",),
    "outbound": ("workers/outbound",),
    "privacy": ("workers/privacy",),
    "receiver": ("receiver", "workers/spool"),
    "schemas": ("schemas",),
    "surveys": ("workers/surveys",),
    "sync": ("workers/sync",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One small change of one file.

    ``key`` says what is changed into what. It stays the same when lines elsewhere in the file
    change.
    """

    room: str
    path: str  # from the root of the repository
    line: int
    query: str  # the name of the changed query; empty for Python
    change: str  # what kind of change
    key: str
    edit: python_mutants.Edit | sql_mutants.Change

    @property
    def id(self) -> str:
        """A short name for ``key``."""
        return sha256(self.key.encode()).hexdigest()[:12]

    def apply(self, source: str) -> str:
        """Return the whole file with the change."""
        return self.edit.apply(source)

    def __str__(self) -> str:
        """Where it is, and what kind of change."""
        return f"{self.id} {self.path}:{self.line} {self.query} {self.change}".replace("  ", " ")


def sample(root: Path, *, seed: int, count: int, rooms: tuple[str, ...]) -> list[Mutant]:
    """Choose mutants at random: one of each chosen place in Python, and those of SQL.

    The same seed chooses the same ones, except where the code has changed.
    """
    ranked = [mutant for room in sorted(rooms) for mutant in candidates(root, room, seed)]
    ranked.sort(key=lambda mutant: _rank(seed, mutant))
    return list(islice((one for one in ranked if _is_code(root, one)), count))


def _is_code(root: Path, mutant: Mutant) -> bool:
    """Return whether a change leaves code: ``not`` before ``:=`` does not."""
    try:
        if not mutant.query:
            ast.parse(mutant.apply((root / mutant.path).read_text("utf-8")))
    except SyntaxError:
        return False
    return True


def _rank(seed: int, mutant: Mutant) -> str:
    return sha256(f"{seed}\0{mutant.key}".encode()).hexdigest()


def candidates(root: Path, room: str, seed: int) -> Iterator[Mutant]:
    """Yield every mutant of SQL in a room, and one of each place in Python."""
    for folder in ROOMS[room]:
        for file in sorted((root / folder).rglob("*.py")):
            path = str(file.relative_to(root))
            for place in _python(room, path, file.read_text("utf-8")):
                yield min(place, key=lambda mutant: _rank(seed, mutant))
        for file in sorted((root / folder).rglob("*.sql")):
            yield from _sql(room, str(file.relative_to(root)), file.read_text("utf-8"))


def _python(room: str, path: str, source: str) -> Iterator[list[Mutant]]:
    """Yield the mutants of each place."""
    lines = source.split("\n")
    seen: Counter[str] = Counter()
    for place in python_mutants.places(source):
        mutants = []
        for edit in place:
            what = f"{path}\0{lines[edit.line - 1].strip()}\0{edit.column}\0{edit.operator}"
            seen[what] += 1
            mutants.append(
                Mutant(
                    room=room,
                    path=path,
                    line=edit.line,
                    query="",
                    change=edit.operator,
                    key=f"{what}\0{seen[what]}",
                    edit=edit,
                )
            )
        yield mutants


def _sql(room: str, path: str, source: str) -> Iterator[Mutant]:
    for query, offset, change in sql_mutants.of(source):
        start, end = change.start - offset, change.end - offset
        yield Mutant(
            room=room,
            path=path,
            line=source.count("\n", 0, change.start) + 1,
            query=query,
            change=change.kind,
            key=f"{path}\0{query}\0{start}\0{end}\0{change.text}",
            edit=change,
        )
