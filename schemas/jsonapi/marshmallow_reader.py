"""Reads one resource: straight by its fields, or with marshmallow-jsonapi, which names its faults.

A resource as documented is read by the fields of its schema alone, in a fraction of the time. What
they refuse is given to the library, whose verdict counts.

The only module that imports this library.
The library (0.24) crashes on malformed documents, recurses through ``included``, searches it
linearly, lets an attribute named ``id`` replace the id and changes its input. So it gets one
resource at a time, checked by ``schemas.jsonapi.document``, in a copy with the members of its
schema only. It has had no release since 2020; to replace it, replace this module.
"""

from __future__ import annotations

from threading import local
from typing import Any

from marshmallow import EXCLUDE, ValidationError, missing
from marshmallow_jsonapi import Schema

from schemas.errors import MAX_FAULTS, DocumentError, Fault
from schemas.jsonapi.document import Resource
from schemas.jsonapi.fields import Members

_PRIMARY = "/data"


class _Cache(local):
    """Instances of schemas, per thread: slow to make, and not thread-safe."""

    def __init__(self) -> None:
        self.schemas: dict[type[ResourceSchema], ResourceSchema] = {}


_cache = _Cache()


class ResourceSchema(Schema):  # type: ignore[misc]  # the library carries no types
    """The attributes of one type of resource, and its ``id``. Unknown attributes are ignored."""

    class Meta:
        type_ = "any"
        unknown = EXCLUDE

    def __init__(self) -> None:
        super().__init__()
        attributes = {name: field for name, field in self.fields.items() if name != "id"}
        self._names = [field.data_key for field in attributes.values()]
        self._members = Members((name, field.data_key, field) for name, field in attributes.items())

    def document_of(self, resource: Resource) -> dict[str, Any]:
        """Return a document about ``resource`` alone, with the attributes of this schema."""
        attributes = resource.attributes
        data: dict[str, Any] = {
            "type": self.opts.type_,
            "attributes": {name: attributes[name] for name in self._names if name in attributes},
        }
        if "id" in resource.body:
            data["id"] = resource.body["id"]
        return {"data": data}

    def read_straight(self, resource: Resource) -> dict[str, Any]:
        """Return what ``load`` returns. Raises ``ValidationError``, naming no member."""
        read = self._members.read(resource.attributes)
        read["id"] = self.fields["id"].read_straight(resource.body.get("id", missing))
        return read


def read(schema: type[ResourceSchema], resource: Resource) -> dict[str, Any]:
    """Return the values that ``schema`` reads from ``resource``, of any type.

    Raises ``DocumentError`` with every fault, each with its pointer in the whole document.
    """
    reader = _instance(schema)
    try:
        return reader.read_straight(resource)
    except ValidationError:
        pass  # the library names all faults
    try:
        loaded: dict[str, Any] = reader.load(reader.document_of(resource))
    except ValidationError as error:
        raise DocumentError(*_faults(error, resource.pointer)) from error
    return loaded


def read_typed(schema: type[ResourceSchema], resource: Resource) -> dict[str, Any]:
    """Like ``read``; also raises ``DocumentError`` for a resource of another type."""
    expected = schema.Meta.type_
    if resource.type != expected:
        raise resource.error_at("type", f"must be {expected}")
    return read(schema, resource)


def _instance(schema: type[ResourceSchema]) -> ResourceSchema:
    if schema not in _cache.schemas:
        _cache.schemas[schema] = schema()
    return _cache.schemas[schema]


def _faults(error: ValidationError, pointer: str) -> list[Fault]:
    messages: Any = error.messages
    return [
        Fault(pointer + _within_resource(found["source"]["pointer"]), str(found["detail"]))
        for found in messages["errors"][:MAX_FAULTS]
    ]


def _within_resource(pointer: str) -> str:
    """Remove what the library writes before a member, and after one that is not an object."""
    return pointer.removeprefix(_PRIMARY).removesuffix("/_schema")
