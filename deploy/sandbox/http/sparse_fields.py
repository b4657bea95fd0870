"""``fields[type]=name,name``: only these attributes are sent, of all resources of the type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PARAMETER = re.compile(r"fields\[([0-9A-Za-z_]+)\]")
INVALID_FIELD = "API2GO_INVALID_FIELD_QUERY_PARAM"


class UnknownFields(Exception):
    """Fields were requested that a resource does not have."""

    def __init__(self, unknown: Mapping[str, list[str]]) -> None:
        super().__init__("Some requested fields were invalid")
        self.unknown = unknown  # by type

    @property
    def errors(self) -> list[dict[str, str]]:
        """One error for each field; their status is a phrase, as at Cention."""
        return [
            {
                "title": f'Field "{name}" does not exist for type "{type_}"',
                "detail": "Please make sure you do only request existing fields",
                "status": "Bad Request",
                "code": INVALID_FIELD,
            }
            for type_, names in self.unknown.items()
            for name in names
        ]


def apply_fields(document: Mapping[str, Any], query: Mapping[str, str]) -> None:
    """Remove attributes from ``document`` that the query does not name.

    An attribute that a resource has left out counts as unknown. Raises ``UnknownFields``.
    """
    wanted = {
        found[1]: value.split(",")
        for name, value in query.items()
        if (found := PARAMETER.fullmatch(name))
    }
    unknown: dict[str, list[str]] = {}
    for resource in _resources(document) if wanted else ():
        attributes = resource.get("attributes")
        names = wanted.get(resource["type"])
        if attributes and names is not None:
            missing = [name for name in names if name not in attributes]
            if missing:
                unknown[resource["type"]] = missing
            else:
                resource["attributes"] = {name: attributes[name] for name in names}
    if unknown:
        raise UnknownFields(unknown)


def _resources(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    data = document.get("data")
    yield from data if isinstance(data, list) else [data] if data else []
    yield from document.get("included", ())
