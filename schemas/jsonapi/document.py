"""Checks the shape and the size of a JSON:API document before its content is read.

A document of ordinary shape is checked and indexed in one pass. Any other is looked at part by
part, which takes twice as long and names its faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.errors import DocumentError, Fault, NullResource, raise_faults
from schemas.text.unstorable import replace_unstorable_text

MAX_INCLUDED = 5_000  # resources in `included`
MAX_DEPTH = 64  # of nested objects and lists, the document itself included
_MAX_NAME_CHARACTERS = 80  # of a member in a pointer; the rest is cut
_NESTS = frozenset((dict, list))  # checked for every value of every document, so it must be fast
_NOTHING: dict[str, Any] = {}  # in place of a member that is absent; never changed
IDENTIFIER_MEMBERS = 2  # type and id
_TOO_LONG_ID = 10**19  # the first of more than 19 digits

NO_RENAMING: Mapping[str, str] = MappingProxyType({})


class Key(NamedTuple):
    """The identity of a resource within a document."""

    type: str
    id: str


class Resource(NamedTuple):
    """One resource object whose outer shape has been checked."""

    pointer: str  # JSON pointer within the document
    type: str  # the present name, also if the document has an old one
    body: Mapping[str, Any]  # unchanged
    related: Mapping[str, tuple[Key, ...]] = MappingProxyType({})  # by name of the relationship

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes; empty if the member is absent."""
        attributes: Mapping[str, Any] = self.body.get("attributes", {})
        return attributes

    def error_at(self, path: str, detail: str) -> DocumentError:
        """Return the error of one member, named by its path within the resource."""
        return DocumentError(Fault(f"{self.pointer}/{path}", detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document about one resource, with the included resources by type and id."""

    primary: Resource
    included: Mapping[Key, Resource]  # also embedded ones; of several with one key, the first

    def linkage(self, resource: Resource, name: str) -> tuple[Key, ...]:
        """Return the resources in a relationship, included or not; ``()`` if it is absent."""
        return resource.related.get(name, ())


def open_document(
    document: Mapping[str, Any], *, renamed: Mapping[str, str] = NO_RENAMING
) -> Document:
    """Check the shape of a document about one resource and index the included resources.

    ``renamed`` maps old names of types to present ones. The document is not changed.
    Raises ``NullResource`` for ``"data": null``, and ``DocumentError`` for anything that JSON:API
    does not allow, for a cycle of included resources, and beyond ``MAX_INCLUDED`` or ``MAX_DEPTH``.
    """
    data = primary_data(document)
    if data is None:
        raise NullResource(Fault("/data", "is null: there is no such resource"))
    included = document.get("included", [])
    ordinary = _ordinary_document(data, included, renamed)
    if ordinary is not None:
        return ordinary
    raise_faults(_faults_of_resource(data, "/data"))
    raise_faults(_faults_of_included(included))
    index = _index(_with_embedded(data, included), renamed)
    opened = Document(primary=_resource(data, "/data", renamed), included=index)
    _reject_cycle(opened)
    return opened


def primary_data(document: Mapping[str, Any], *, max_included: int = MAX_INCLUDED) -> Any:
    """Return ``data``, of any shape, of a document within the limits and without ``errors``.

    Raises ``DocumentError``.
    """
    if not isinstance(document, Mapping):
        raise DocumentError(Fault("", "must be an object"))
    included = document.get("included", [])
    if not isinstance(included, list):
        raise DocumentError(Fault("/included", "must be a list"))
    if len(included) > max_included:
        raise DocumentError(Fault("/included", f"holds more than {max_included} resources"))
    _reject_depth(document)
    if document.get("errors"):
        raise DocumentError(Fault("/errors", "reports an error instead of a resource"))
    if "data" not in document:
        raise DocumentError(Fault("/data", "is missing"))
    return document["data"]


def _reject_depth(document: Mapping[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent if type(parent) is list else parent.values())
            if type(child) in _NESTS
        ]
        if not level:
            return
    raise DocumentError(Fault("", f"nests deeper than {MAX_DEPTH} levels"))


def _ordinary_document(
    data: Any, included: list[Any], renamed: Mapping[str, str]
) -> Document | None:
    """Return the document; ``None`` if it has a fault, or a shape that needs a closer look."""
    primary = _ordinary_resource(data, "/data", renamed)
    if primary is None:
        return None
    index: dict[Key, Resource] = {}
    for number, body in enumerate(included):
        resource = _ordinary_resource(body, f"/included/{number}", renamed)
        if resource is None or type(id_ := body.get("id")) is not str or not id_:
            return None
        index.setdefault(Key(resource.type, id_), resource)
    for resource in index.values():
        for targets in resource.related.values():
            if any(one in index and index[one].related for one in targets):
                return None  # there may be a cycle
    return Document(primary=primary, included=index)


def _ordinary_resource(body: Any, pointer: str, renamed: Mapping[str, str]) -> Resource | None:
    """Return a resource that writes out no other one; ``None`` for any other, and for a fault."""
    if type(body) is not dict or type(type_ := body.get("type")) is not str:
        return None
    relationships = body.get("relationships", _NOTHING)
    if type(relationships) is not dict or type(body.get("attributes", _NOTHING)) is not dict:
        return None
    related: dict[str, tuple[Key, ...]] = {}
    for name, relationship in relationships.items():
        if type(relationship) is not dict:
            return None
        keys = []
        for one in _identifiers(relationship):
            if type(one) is not dict or len(one) != IDENTIFIER_MEMBERS:
                return None
            target, id_ = one.get("type"), one.get("id")
            if type(target) is not str or type(id_) is not str or not id_:
                return None
            keys.append(Key(renamed.get(target, target), id_))
        related[name] = tuple(keys)
    return Resource(pointer, renamed.get(type_, type_), body, related)


def _faults_of_included(included: list[Any]) -> Iterator[Fault]:
    for number, resource in enumerate(included):
        yield from faults_of_identified(resource, f"/included/{number}")


def faults_of_identified(resource: Any, pointer: str) -> Iterator[Fault]:
    """Yield the faults in the outer shape of a resource that must have an id."""
    yield from _faults_of_resource(resource, pointer)
    if isinstance(resource, dict) and not _is_id(resource.get("id")):
        yield Fault(f"{pointer}/id", "must be a text or a number of at most 19 digits")


def _faults_of_resource(resource: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(resource, dict):
        yield Fault(pointer, "must be an object")
        return
    if not isinstance(resource.get("type"), str):
        yield Fault(f"{pointer}/type", "must be a text")
    if not isinstance(resource.get("attributes", {}), dict):
        yield Fault(f"{pointer}/attributes", "must be an object")
    relationships = resource.get("relationships", {})
    if not isinstance(relationships, dict):
        yield Fault(f"{pointer}/relationships", "must be an object")
        return
    for name, relationship in relationships.items():
        detail = _relationship_fault(relationship)
        if detail:
            yield Fault(f"{pointer}/relationships/{_step(name)}", detail)


def _relationship_fault(relationship: Any) -> str | None:
    if relationship is not None and not isinstance(relationship, dict):
        return "must be an object"
    if not all(map(_is_identifier, _identifiers(relationship))):
        return "must identify resources by type and id"
    return None


def _is_identifier(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("type"), str) and _is_id(value.get("id"))
    )


def _identifiers(relationship: Mapping[str, Any] | None) -> list[Any]:
    """Return the identifiers in a relationship, to one or to many; ``[]`` for null."""
    data = None if relationship is None else relationship.get("data")
    if data is None:
        return []
    return data if isinstance(data, list) else [data]


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return value != ""
    return type(value) is int and -_TOO_LONG_ID < value < _TOO_LONG_ID


def _with_embedded(data: Mapping[str, Any], included: list[Any]) -> list[tuple[str, Any]]:
    """Return the included resources, and those written out within relationships, by pointer.

    Cention's library can write a resource where others have only its type and id.
    """
    found = [(f"/included/{number}", body) for number, body in enumerate(included)]
    waiting = [("/data", data), *found]
    while waiting:
        pointer, body = waiting.pop()
        for name, relationship in body.get("relationships", {}).items():
            for one in _identifiers(relationship):
                if "attributes" in one or "relationships" in one:
                    embedded = (f"{pointer}/relationships/{_step(name)}/data", one)
                    raise_faults(faults_of_identified(one, embedded[0]))
                    found.append(embedded)
                    waiting.append(embedded)
    if len(found) > MAX_INCLUDED:
        raise DocumentError(Fault("/included", f"holds more than {MAX_INCLUDED} resources"))
    return found


def _index(included: list[tuple[str, Any]], renamed: Mapping[str, str]) -> dict[Key, Resource]:
    index: dict[Key, Resource] = {}
    for pointer, body in included:
        index.setdefault(_key(body, renamed), _resource(body, pointer, renamed))
    return index


def _resource(body: Mapping[str, Any], pointer: str, renamed: Mapping[str, str]) -> Resource:
    related = {
        name: tuple([_key(one, renamed) for one in _identifiers(relationship)])
        for name, relationship in body.get("relationships", {}).items()
    }
    return Resource(pointer, renamed.get(body["type"], body["type"]), body, related)


def _key(identifier: Mapping[str, Any], renamed: Mapping[str, str]) -> Key:
    type_ = identifier["type"]
    return Key(renamed.get(type_, type_), str(identifier["id"]))


def _reject_cycle(document: Document) -> None:
    """Reject a cycle of included resources: a reader that follows it would never end."""
    related = {key: one.related for key, one in document.included.items() if one.related}
    graph: dict[Key, Iterable[Key]] = {
        key: [one for targets in relations.values() for one in targets if one in related]
        for key, relations in related.items()
    }
    if not any(graph.values()):
        return
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        resource = document.included[error.args[1][0]]
        raise resource.error_at("relationships", "form a cycle") from error


def _step(name: str) -> str:
    """Escape the name of a member for a pointer."""
    short = replace_unstorable_text(name[:_MAX_NAME_CHARACTERS])
    return short.replace("~", "~0").replace("/", "~1")
