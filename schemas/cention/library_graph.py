"""The graph of the library: its objects, their relations, and how copies are merged.

Libraries, categories and questions refer to each other in cycles. A document contains copies of
them, and each copy may omit members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from schemas.errors import MAX_FAULTS, Fault


class Kind(StrEnum):
    """The kinds of objects in the library. Ids are unique only within a kind."""

    LIBRARY = "library"
    CATEGORY = "category"
    QUESTION = "question"
    ATTACHMENT = "attachment"
    AREA_ARCHIVE = "area_archive"  # an image in the HTML of a question or an answer


class Node(NamedTuple):
    """The identity of an object in the library."""

    kind: Kind
    id: int


class Link(NamedTuple):
    """A relation: ``owner`` contains ``target``."""

    owner: Node
    target: Node


# What an owner can contain, and the name of the relationship.
_HOLDS = MappingProxyType(
    {Kind.LIBRARY: "libraries", Kind.CATEGORY: "categories", Kind.QUESTION: "questions"}
)
RELATIONS: Mapping[Kind, Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.LIBRARY: _HOLDS,
        Kind.CATEGORY: _HOLDS,
        Kind.QUESTION: MappingProxyType(
            {Kind.ATTACHMENT: "attachments", Kind.AREA_ARCHIVE: "embedded_archives"}
        ),
    }
)


EXTERNAL = "c3_external_libraries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library. ``None`` means that no copy has the member, here and below."""

    name: str | None = None
    external: bool | None = None
    source_types: frozenset[str] = frozenset()  # the resource types of its copies

    def is_external(self) -> bool | None:
        """Return whether it is external; the type for external libraries implies the flag."""
        listed_as_such = True if EXTERNAL in self.source_types else None
        return listed_as_such if self.external is None else self.external


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCategory:
    """A category of questions, of libraries or of other categories."""

    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryQuestion:
    """A question and its answer, as HTML or plain text; ``""`` is empty. Untrusted."""

    subject: str | None = None
    question: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFile:
    """The metadata of a file or an image, without its content."""

    name: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryGraph:
    """The content of one or more documents of the library.

    ``links`` has an entry only where a copy has the relationship: no entry is "unknown", an empty
    one is "none".
    """

    libraries: Mapping[int, Library] = field(default_factory=dict)
    categories: Mapping[int, LibraryCategory] = field(default_factory=dict)
    questions: Mapping[int, LibraryQuestion] = field(default_factory=dict)
    files: Mapping[Node, LibraryFile] = field(default_factory=dict)
    links: Mapping[tuple[Node, Kind], frozenset[Node]] = field(default_factory=dict)
    listed: frozenset[Node] = frozenset()  # in ``data`` of a list of all of their type
    faults: tuple[Fault, ...] = ()  # of resources that were left out

    def nodes(self) -> frozenset[Node]:
        """Return all objects, those that are only the target of a relation included."""
        described = {
            *(Node(Kind.LIBRARY, number) for number in self.libraries),
            *(Node(Kind.CATEGORY, number) for number in self.categories),
            *(Node(Kind.QUESTION, number) for number in self.questions),
            *self.files,
        }
        return frozenset(described.union(*self.links.values()))


def merge(graphs: Iterable[LibraryGraph]) -> LibraryGraph:
    """Merge graphs; where two differ, the later one wins."""
    whole = GraphBuilder()
    for graph in graphs:
        whole.add(graph)
    return whole.build()


Record = TypeVar("Record", Library, LibraryCategory, LibraryQuestion, LibraryFile)
Name = TypeVar("Name", int, Node)


class GraphBuilder:
    """Builds a graph from others; where two differ, the later one wins."""

    def __init__(self) -> None:
        self.libraries: dict[int, Library] = {}
        self.categories: dict[int, LibraryCategory] = {}
        self.questions: dict[int, LibraryQuestion] = {}
        self.files: dict[Node, LibraryFile] = {}
        self.links: dict[tuple[Node, Kind], frozenset[Node]] = {}
        self.listed: set[Node] = set()
        self.faults: list[Fault] = []

    def add(self, graph: LibraryGraph) -> None:
        """Merge another graph into this one."""
        _add(self.libraries, graph.libraries)
        _add(self.categories, graph.categories)
        _add(self.questions, graph.questions)
        _add(self.files, graph.files)
        for relation, targets in graph.links.items():
            self.links[relation] = self.links.get(relation, frozenset()) | targets
        self.listed |= graph.listed
        self.faults += graph.faults

    def build(self) -> LibraryGraph:
        """Return the graph of everything added so far."""
        return LibraryGraph(
            libraries=self.libraries,
            categories=self.categories,
            questions=self.questions,
            files=self.files,
            links=self.links,
            listed=frozenset(self.listed),
            faults=tuple(self.faults[:MAX_FAULTS]),
        )


def _add(known: dict[Name, Record], added: Mapping[Name, Record]) -> None:
    for name, record in added.items():
        known[name] = _merged(known[name], record) if name in known else record


def _merged(one: Record, other: Record) -> Record:
    values = {f.name: getattr(other, f.name) for f in fields(other)}
    changes = {name: value for name, value in values.items() if value is not None}
    if isinstance(one, Library) and isinstance(other, Library):
        changes["source_types"] = one.source_types | other.source_types
    return replace(one, **changes)
