"""Decodes the body of a POST as Cention's framework does, which answers 406 to a wrong one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class NotDecodable(Exception):
    """The body of a POST is not one of the resource's documents."""


def posted_attributes(body: bytes, type_: str) -> dict[str, Any]:
    """Return ``data.attributes`` of a posted document, without those that are null.

    As at Cention, text after the JSON value is ignored, and ``data.type`` is checked only if there
    is an id. Raises ``NotDecodable``.
    """
    try:
        document, _ = json.JSONDecoder().raw_decode(body.decode().lstrip())
        data = document["data"]
        if "id" in data and data.get("type") != type_:
            raise NotDecodable("Trying to Unmarshal a type that does not match")
        attributes = (data.get("attributes") or {}).items()
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as reason:
        raise NotDecodable("Unable to decode the body") from reason
    return {name: value for name, value in attributes if value is not None}


def check_types(attributes: Mapping[str, Any], types: Mapping[str, type]) -> None:
    """Check the JSON types of attributes; null and unknown ones are ignored.

    Raises ``NotDecodable``, also for a number in place of a string and the reverse.
    """
    for name, wanted in types.items():
        value = attributes.get(name)
        if value is not None and type(value) is not wanted:
            raise NotDecodable("Invalid type provided")
