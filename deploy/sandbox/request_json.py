"""Reads what a control route is asked for, and answers it, in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web


def json_answer(value: Any, *, status: int = 200) -> web.Response:
    """Answer with ``value``."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def refused(reason: str, kind: Callable[..., web.HTTPError] = web.HTTPBadRequest) -> web.HTTPError:
    """Return what to raise, to refuse with ``reason``."""
    body = orjson.dumps({"error": reason}).decode()
    return kind(text=body, content_type="application/json")


async def read_wish(request: web.Request, *keys: str) -> Mapping[str, Any]:
    """Read the JSON object a control route was sent; no body means an empty one.

    With ``keys``, it may have no others.
    """
    try:
        wish = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError as error:
        raise refused("the body is not JSON") from error
    if not isinstance(wish, dict) or (keys and wish.keys() - set(keys)):
        raise refused(f"the body is an object with some of: {', '.join(keys)}")
    return wish


def number_in(
    wish: Mapping[str, Any], key: str, *, default: float, least: float = 0, most: float
) -> float:
    """Return the number under ``key``, or ``default``."""
    value = wish.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise refused(f"{key} is a number from {least} to {most}")
    return value


def id_in(value: Any) -> int:
    """Read the number of a record."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise refused("an id is a number") from None
