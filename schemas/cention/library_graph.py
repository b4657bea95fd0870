"""What is known of the library: its parts, what is in what, and how copies are put together.

Libraries, categories and questions name each other in circles; what one document tells of them are
copies, each of which may tell less than another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from schemas.errors import MAX_FAULTS, Fault


class Kind(StrEnum):
    """What the library consists of. Ids are unique only within a kind."""

    LIBRARY = "library"
    CATEGORY = "category"
    QUESTION = "question"
    ATTACHMENT = "attachment"
    ARCHIVE = "area_archive"  # an image in the HTML of a question or an answer


class Node(NamedTuple):
    """One thing in the library."""

    kind: Kind
    id: int


class Link(NamedTuple):
    """Something is in something."""

    owner: Node
    target: Node


# What an owner can have, and under which name.
_HOLDS = MappingProxyType(
    {Kind.LIBRARY: "libraries", Kind.CATEGORY: "categories", Kind.QUESTION: "questions"}
)
RELATIONS: Mapping[Kind, Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.LIBRARY: _HOLDS,
        Kind.CATEGORY: _HOLDS,
        Kind.QUESTION: MappingProxyType(
            {Kind.ATTACHMENT: "attachments", Kind.ARCHIVE: "embedded_archives"}
        ),
    }
)


EXTERNAL = "c3_external_libraries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library. ``None`` everywhere: no copy said."""

    name: str | None = None
    external: bool | None = None
    source_types: frozenset[str] = frozenset()  # under which types it was told

    def is_external(self) -> bool | None:
        """Tell whether it is external; the type for external ones says so without the flag."""
        listed_as_such = True if EXTERNAL in self.source_types else None
        return listed_as_such if self.external is None else self.external


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCategory:
    """A category of questions, of libraries or of other categories."""

    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryQuestion:
    """A question and its answer, as HTML or plain text; ``""`` is empty. Never to be trusted."""

    subject: str | None = None
    question: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFile:
    """What the library says of a file or an image, without its content."""

    name: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryGraph:
    """What documents tell of the library, together.

    ``links`` has an entry only where some copy told: none is "unknown", an empty one "none".
    """

    libraries: Mapping[int, Library] = field(default_factory=dict)
    categories: Mapping[int, LibraryCategory] = field(default_factory=dict)
    questions: Mapping[int, LibraryQuestion] = field(default_factory=dict)
    files: Mapping[Node, LibraryFile] = field(default_factory=dict)
    links: Mapping[tuple[Node, Kind], frozenset[Node]] = field(default_factory=dict)
    listed: frozenset[Node] = frozenset()  # in ``data`` of a list of all of their type
    faults: tuple[Fault, ...] = ()  # of resources that were left out

    def nodes(self) -> frozenset[Node]:
        """Return everything that is told of, or only named by something else."""
        told = {
            *(Node(Kind.LIBRARY, number) for number in self.libraries),
            *(Node(Kind.CATEGORY, number) for number in self.categories),
            *(Node(Kind.QUESTION, number) for number in self.questions),
            *self.files,
        }
        return frozenset(told.union(*self.links.values()))


def merge(graphs: Iterable[LibraryGraph]) -> LibraryGraph:
    """Return what documents tell together; where two differ, the later one holds."""
    whole = GraphBuilder()
    for graph in graphs:
        whole.add(graph)
    return whole.build()


Record = TypeVar("Record", Library, LibraryCategory, LibraryQuestion, LibraryFile)
Name = TypeVar("Name", int, Node)


class GraphBuilder:
    """A graph that is being put together; what is told later holds."""

    def __init__(self) -> None:
        self.libraries: dict[int, Library] = {}
        self.categories: dict[int, LibraryCategory] = {}
        self.questions: dict[int, LibraryQuestion] = {}
        self.files: dict[Node, LibraryFile] = {}
        self.links: dict[tuple[Node, Kind], frozenset[Node]] = {}
        self.listed: set[Node] = set()
        self.faults: list[Fault] = []

    def add(self, graph: LibraryGraph) -> None:
        """Add what another graph tells."""
        _add(self.libraries, graph.libraries)
        _add(self.categories, graph.categories)
        _add(self.questions, graph.questions)
        _add(self.files, graph.files)
        for relation, targets in graph.links.items():
            self.links[relation] = self.links.get(relation, frozenset()) | targets
        self.listed |= graph.listed
        self.faults += graph.faults

    def build(self) -> LibraryGraph:
        """Return what is known so far."""
        return LibraryGraph(
            libraries=self.libraries,
            categories=self.categories,
            questions=self.questions,
            files=self.files,
            links=self.links,
            listed=frozenset(self.listed),
            faults=tuple(self.faults[:MAX_FAULTS]),
        )


def _add(known: dict[Name, Record], told: Mapping[Name, Record]) -> None:
    for name, record in told.items():
        known[name] = _joined(known[name], record) if name in known else record


def _joined(one: Record, other: Record) -> Record:
    said = {f.name: getattr(other, f.name) for f in fields(other)}
    changes = {name: value for name, value in said.items() if value is not None}
    if isinstance(one, Library) and isinstance(other, Library):
        changes["source_types"] = one.source_types | other.source_types
    return replace(one, **changes)
