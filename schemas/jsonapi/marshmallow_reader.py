"""Reading one resource through marshmallow-jsonapi; the only module that knows this library.

The library (0.24) crashes on odd shapes, recurses through ``included``, searches it linearly, lets
an attribute named ``id`` replace the id and changes its input. So it is handed one resource at a
time, checked by ``schemas.jsonapi.document``, in a copy that holds only what its schema asks for.
"""

from __future__ import annotations

from threading import local
from typing import Any

from marshmallow import EXCLUDE, ValidationError
from marshmallow_jsonapi import Schema

from schemas.errors import MAX_FAULTS, DocumentError, Fault
from schemas.jsonapi.document import Resource

_PRIMARY = "/data"


class _Kept(local):
    """The instances of schemas: costly to make, and not safe to share between threads."""

    def __init__(self) -> None:
        self.schemas: dict[type[ResourceSchema], ResourceSchema] = {}


_kept = _Kept()


class ResourceSchema(Schema):  # type: ignore[misc]  # the library carries no types
    """The attributes of one type of resource, and its ``id``. Unknown attributes are ignored."""

    class Meta:
        type_ = "any"
        unknown = EXCLUDE

    def __init__(self) -> None:
        super().__init__()
        self._names = [field.data_key for name, field in self.fields.items() if name != "id"]

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


def read(schema: type[ResourceSchema], resource: Resource) -> dict[str, Any]:
    """Return what ``schema`` reads out of ``resource``, whatever its type.

    Raises ``DocumentError`` with every fault, each under its pointer in the whole document.
    """
    reader = _instance(schema)
    try:
        loaded: dict[str, Any] = reader.load(reader.document_of(resource))
    except ValidationError as error:
        raise DocumentError(*_faults(error, resource.pointer)) from error
    return loaded


def read_typed(schema: type[ResourceSchema], resource: Resource) -> dict[str, Any]:
    """Read like ``read``, and refuse a resource of another type than the schema's."""
    expected = schema.Meta.type_
    if resource.type != expected:
        raise resource.fault("type", f"must be {expected}")
    return read(schema, resource)


def _instance(schema: type[ResourceSchema]) -> ResourceSchema:
    if schema not in _kept.schemas:
        _kept.schemas[schema] = schema()
    return _kept.schemas[schema]


def _faults(error: ValidationError, pointer: str) -> list[Fault]:
    messages: Any = error.messages
    return [
        Fault(pointer + _within_resource(found["source"]["pointer"]), str(found["detail"]))
        for found in messages["errors"][:MAX_FAULTS]
    ]


def _within_resource(pointer: str) -> str:
    """Drop what the library writes before a member, and after one that is no object at all."""
    return pointer.removeprefix(_PRIMARY).removesuffix("/_schema")
