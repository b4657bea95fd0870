"""Reads documents of the library: questions with answers and files, libraries, categories.

Source: Cention Library, ``GET c3_libraries``, ``c3_external_libraries``, ``c3_library_categories``,
``c3_library_questions``, ``c3_library_attachments``, ``c3_area_archives``, and lists below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from schemas.cention.library_graph import (
    EXTERNAL,
    RELATIONS,
    GraphBuilder,
    Kind,
    Library,
    LibraryCategory,
    LibraryFile,
    LibraryGraph,
    LibraryQuestion,
    Link,
    Node,
    merge,
)
from schemas.errors import Fault
from schemas.jsonapi.collection import Collection, linkage_of, read_collection
from schemas.jsonapi.document import Key, Resource
from schemas.jsonapi.fields import Group, Nested, Scalar
from schemas.jsonapi.scalars import flag, required_id, text

__all__ = [
    "Kind",
    "Library",
    "LibraryCategory",
    "LibraryFile",
    "LibraryGraph",
    "LibraryQuestion",
    "Link",
    "Node",
    "merge",
    "read_library",
    "read_related",
]

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "c3_libraries": Kind.LIBRARY,
        EXTERNAL: Kind.LIBRARY,  # the same libraries under another type
        "c3_library_categories": Kind.CATEGORY,
        "c3_library_questions": Kind.QUESTION,
        "c3_library_attachments": Kind.ATTACHMENT,
        "c3_area_archives": Kind.AREA_ARCHIVE,
    }
)


def read_library(document: Mapping[str, Any]) -> LibraryGraph:
    """Return the graph of all resources in ``data`` and ``included``.

    Resources of other types are ignored; malformed ones are left out and reported in ``faults``.
    Raises ``DocumentError`` for faults of the document itself.
    """
    return _graph(read_collection(document))


def read_related(document: Mapping[str, Any], owner: Node, kind: Kind) -> LibraryGraph:
    """Return the graph of a list of everything of ``kind`` in ``owner``, with that relation.

    Raises ``DocumentError``.
    """
    opened = read_collection(document)
    graph = _graph(opened)
    if graph.faults:  # a malformed resource may be missing from the list
        return replace(graph, listed=frozenset())
    targets = frozenset(node for node in _primary(opened) if node.kind is kind)
    links = {**graph.links, (owner, kind): targets}
    return replace(graph, links=links, listed=frozenset())


def _graph(opened: Collection) -> LibraryGraph:
    whole = GraphBuilder()
    whole.faults += opened.faults
    # Primary ones last: where copies in one document differ, the last wins.
    for resource in (*opened.included, *opened.primary):
        if resource.type in KINDS:
            try:
                whole.add(_read(resource))
            except ValidationError as error:
                in_attributes = "/attributes" if isinstance(error.messages, dict) else ""
                whole.faults += _faults(error.messages, resource.pointer + in_attributes)
    if opened.listed:
        whole.listed |= _primary(opened)
    return whole.build()


def _faults(messages: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _faults(inner, f"{pointer}/{name}")
    else:
        yield Fault(pointer, str(messages[0]))


def _primary(opened: Collection) -> set[Node]:
    """Return the nodes in ``data``, except external libraries: theirs is not the top level."""
    found: set[Node] = set()
    for resource in opened.primary:
        with suppress(ValidationError):  # reported among the faults
            if resource.type != EXTERNAL:
                found |= {*_nodes([_key(resource)])}
    return found


def _key(resource: Resource) -> Key:
    return Key(resource.type, str(resource.body["id"]))


def _read(resource: Resource) -> LibraryGraph:
    [node] = _nodes([_key(resource)])
    links: dict[tuple[Node, Kind], frozenset[Node]] = {}
    for kind, name in RELATIONS.get(node.kind, {}).items():
        keys = linkage_of(resource, name)
        if keys is not None:
            links[node, kind] = frozenset(n for n in _nodes(keys) if n.kind is kind)
    match node.kind:
        case Kind.LIBRARY:
            library = Library(
                **_Library.read(resource.attributes), source_types=frozenset((resource.type,))
            )
            return LibraryGraph(libraries={node.id: library}, links=links)
        case Kind.CATEGORY:
            category = LibraryCategory(**_Category.read(resource.attributes))
            return LibraryGraph(categories={node.id: category}, links=links)
        case Kind.QUESTION:
            question = LibraryQuestion(**_Question.read(resource.attributes))
            return LibraryGraph(questions={node.id: question}, links=links)
        case _:
            file = _File.read(resource.attributes)["attachment"]
            return LibraryGraph(files={node: LibraryFile(**file)})


def _nodes(keys: Iterable[Key]) -> list[Node]:
    return [Node(KINDS[key.type], required_id(key.id)) for key in keys if key.type in KINDS]


def _text_or_empty(value: object) -> str | None:
    return "" if value == "" else text(value)


class _Library(Nested):
    name = Scalar(_text_or_empty)
    external = Scalar(flag)


class _Category(Nested):
    name = Scalar(_text_or_empty)


class _Question(Nested):
    subject = Scalar(_text_or_empty)
    question = Scalar(_text_or_empty)
    answer = Scalar(_text_or_empty)


class _Attachment(Nested):
    name = Scalar(text)
    content_type = Scalar(text)


class _File(Nested):
    attachment = Group(_Attachment)
