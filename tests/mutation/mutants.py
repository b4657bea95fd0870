"""What a mutant is, and which there are."""

from __future__ import annotations

import random
from dataclasses import dataclass
from hashlib import sha256
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
    """One small change of one file."""

    room: str
    path: str  # from the root of the repository
    line: int
    query: str  # the name of the changed query; empty for Python
    change: str  # what kind of change
    text: str  # the whole file with the change

    @property
    def id(self) -> str:
        """A name that stays as long as the file does."""
        return sha256(f"{self.path}\0{self.text}".encode()).hexdigest()[:12]

    def __str__(self) -> str:
        """Where it is, and what kind of change."""
        return f"{self.path}:{self.line} {self.query} {self.change}".replace("  ", " ")


def sample(root: Path, *, seed: int, count: int, rooms: tuple[str, ...]) -> list[Mutant]:
    """Choose mutants at random, of rooms by the number of places that can be changed there.

    The same seed chooses the same ones, as long as the code is the same.
    """
    chance = random.Random(seed)
    places = [place for room in sorted(rooms) for place in _places(root, room)]
    chosen = chance.sample(places, min(count, len(places)))
    return [place if isinstance(place, Mutant) else _mutant(*place, chance) for place in chosen]


def _places(root: Path, room: str) -> list[Mutant | tuple[str, str, str, python_mutants.Place]]:
    """Return the mutants of SQL, and the places of Python, each of which has many."""
    found: list[Mutant | tuple[str, str, str, python_mutants.Place]] = []
    for folder in ROOMS[room]:
        for file in sorted((root / folder).rglob("*.py")):
            path, source = str(file.relative_to(root)), file.read_text("utf-8")
            found += [(room, path, source, place) for place in python_mutants.places(source)]
        for file in sorted((root / folder).rglob("*.sql")):
            path = str(file.relative_to(root))
            found += [
                Mutant(room=room, path=path, line=line, query=query, change=change, text=text)
                for query, line, change, text in sql_mutants.of(file.read_text("utf-8"))
            ]
    return found


def _mutant(
    room: str, path: str, source: str, place: python_mutants.Place, chance: random.Random
) -> Mutant:
    operator, occurrence = chance.choice(place.changes)
    text = place.change(source, operator, occurrence)
    return Mutant(room=room, path=path, line=place.line, query="", change=operator, text=text)
