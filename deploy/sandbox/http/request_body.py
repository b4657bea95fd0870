"""Reads the body of a POST or PATCH as the framework does, which answers 406 to a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.http.go_json import (
    NotDecodable,
    Number,
    Object,
    Value,
    check_numbers,
    read_json,
)
from deploy.sandbox.http.go_types import GoType, Text, field_name, mismatch, read_attributes

NUMERIC_ID = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan"
    r"|0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+)",
    re.IGNORECASE,
)
PAYLOAD = dict.fromkeys(("data", "included", "links", "meta"))
NODE = dict.fromkeys(("type", "id", "client-id", "attributes", "relationships", "links", "meta"))
TEXTS = ("type", "id", "client-id")


@dataclass(slots=True)
class Node:
    """A resource object of a request."""

    texts: dict[str, str] = field(default_factory=dict)  # type, id and client-id
    maps: dict[str, dict[str, Value]] = field(default_factory=dict)  # the other members

    @property
    def key(self) -> tuple[str, str]:
        """Type and id, each empty if it is missing."""
        return self.texts.get("type", ""), self.texts.get("id", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What is read from a request."""

    attributes: dict[str, Any]
    linked: dict[str, str]  # ids by the names of relations


def read_posted(
    body: bytes,
    type_: str,
    types: Mapping[str, GoType],
    relations: Mapping[str, str] | None = None,
) -> Posted:
    """Read a document of ``type_`` with attributes of ``types``.

    ``relations`` has the type that each relation leads to. As at Cention, the type is compared only
    if there is an id. Raises ``NotDecodable``.
    """
    payload = read_json(body)
    if not isinstance(payload, Object):
        raise mismatch()
    data, included = _payload(payload)
    if data is None:
        raise NotDecodable("data is not a jsonapi representation")
    _check_key(data, type_)
    linked = {}
    for name, linked_type in (relations or {}).items():
        found = _linked(data.maps.get("relationships", {}).get(name))
        if found is not None:
            _check_key(included.get(found.key, found), linked_type)
            linked[name] = found.key[1]
    attributes = read_attributes(data.maps.get("attributes", {}), types)
    return Posted(attributes=attributes, linked=linked)


def _members(holder: Object, names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for key, value in holder.members:
        name = field_name(key, names)
        if name is not None:
            yield name, value


def _payload(payload: Object) -> tuple[Node | None, dict[tuple[str, str], Node]]:
    data: Node | None = None
    included: dict[tuple[str, str], Node] = {}
    for name, value in _members(payload, PAYLOAD):
        if name == "data":
            data = None if value is None else _node(value, data)
        elif name != "included":
            _map(value)
        elif value is not None:
            if not isinstance(value, list):
                raise mismatch()
            nodes = [_node(one, None) for one in value if one is not None]
            included = {node.key: node for node in nodes}
    return data, included


def _node(value: Value, earlier: Node | None) -> Node:
    """Read a resource object; a repeated one is added to the ``earlier`` one."""
    if not isinstance(value, Object):
        raise mismatch()
    node = earlier or Node()
    for name, one in _members(value, NODE):
        if name in TEXTS:
            if one is not None:
                node.texts[name] = Text().attribute(one)
        else:
            node.maps[name] = {} if one is None else node.maps.get(name, {}) | _map(one)
    return node


def _map(value: Value) -> dict[str, Value]:
    if value is None:
        return {}
    if not isinstance(value, Object):
        raise mismatch()
    check_numbers(value)
    return value.last()


def _linked(relationship: Value) -> Node | None:
    """Return the linkage of a relationship; what is of a wrong type in it is ignored."""
    if not isinstance(relationship, Object):
        return None
    data = dict(_members(relationship, {"data": None})).get("data")
    if data is None:
        return None
    texts = [
        (name, one)
        for name, one in (_members(data, NODE) if isinstance(data, Object) else ())
        if name in TEXTS and isinstance(one, str) and not isinstance(one, Number)
    ]
    return Node(texts=dict(texts))


def _check_key(node: Node, type_: str) -> None:
    found, id_text = node.key
    if id_text and found != type_:
        raise NotDecodable("Trying to Unmarshal a type that does not match")
    if id_text and not NUMERIC_ID.fullmatch(id_text):
        raise NotDecodable("id should be either string, int or uint")
