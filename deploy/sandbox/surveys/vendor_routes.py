"""How a survey vendor describes its routes to the sandbox.

A route has a handler, which raises ``Refusal``, and a function that makes the vendor's error
documents, for refusals and for faults alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from deploy.sandbox.http.replies import Reply
from deploy.sandbox.world.world import World

USER = "sandbox"


class Refusal(Exception):
    """Raised by a handler; the reply is the vendor's error document with these texts."""

    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(*texts)
        self.status = status
        self.texts = texts


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRequest:
    """A request to a survey vendor."""

    world: World
    path: str
    query: Mapping[str, str] = field(repr=False)  # the first value of a repeated parameter
    api_key: str = field(repr=False)  # the header x-api-key, "" if there is none
    authorization: str = field(repr=False)  # the header, "" if there is none
    password: str = field(repr=False)  # of ``USER``
    body: bytes = field(repr=False)

    def json_object(self) -> dict[str, Any]:
        """Return the JSON object in the body. Raises ``Refusal``."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise Refusal(400, "The body is not a JSON object.")
        return value


@dataclass(frozen=True, kw_only=True)
class VendorRoute:
    """One route of a vendor."""

    type: str  # as faults name it
    handle: Callable[[VendorRequest], Reply]
    error: Callable[[int, tuple[str, ...]], Reply]
    expire_tokens: Callable[[World], None] | None = None  # of what needs a token


FindRoute = Callable[[str, str, Mapping[str, str]], VendorRoute | None]
"""Returns the route of a request by its method, path and query."""


def json_reply(document: Any, *, status: int = 200) -> Reply:
    """Return a reply with plain JSON."""
    return Reply(status=status, body=orjson.dumps(document), media_type="application/json")
