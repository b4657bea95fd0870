"""What happens to a callback before it is kept: read, secret checked and taken out, fingerprint."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from math import isinf
from typing import Any

MAX_DEPTH = 100  # levels of brackets; Cention's documents have about ten
REMOVED = "[removed]"
SECRET_MEMBER = "api_secret"  # noqa: S105 - the name of the member, not a secret


class NotADocument(ValueError):
    """The body is not one JSON object that can be kept."""


def read_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``: UTF-8, with or without a byte order mark.

    Of a member given twice the last counts. Raises ``NotADocument`` for anything else, also for
    NaN, infinite numbers, integers of thousands of digits and bottomless nesting, all of which
    ``json`` alone would let pass or answer with other errors.
    """
    try:
        document = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotADocument("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise NotADocument("The body is not a JSON object.")
    return document


def shows_secret(document: Mapping[str, Any], secrets: Collection[str]) -> bool:
    """Tell whether ``meta.api_secret`` is one of ``secrets``.

    Takes equally long whichever it is, and whether it is any: all are compared, as digests.

    Source: Cention Callback API, "meta.api_secret".
    """
    meta = document.get("meta")
    shown = meta.get(SECRET_MEMBER) if isinstance(meta, dict) else None
    digest = _digest(shown if isinstance(shown, str) else "")
    matches = [hmac.compare_digest(digest, _digest(secret)) for secret in secrets]
    return any(matches) and isinstance(shown, str)


def without_secrets(document: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return a copy in which no secret is left, wherever it stood.

    Members called ``api_secret`` are dropped; names and texts equal to one of ``secrets`` become
    ``[removed]``. Raises ``NotADocument`` for more than ``MAX_DEPTH`` levels.
    """
    return _without_members(document, frozenset(secrets), MAX_DEPTH)


def fingerprint(document: Mapping[str, Any]) -> bytes:
    """Return 32 bytes that are equal for two deliveries of the same document.

    The order of members, white space, and the order of ``included``, which Cention shuffles, make
    no difference. ``document`` must be the one that is kept, so that the secret makes none either.
    """
    included = document.get("included")
    if isinstance(included, list):
        document = {**document, "included": sorted(included, key=_identity)}
    return hashlib.sha256(_CANONICAL.encode(document).encode()).digest()


def _without(value: Any, secrets: frozenset[str], depth: int) -> Any:
    if isinstance(value, str):
        return REMOVED if value in secrets else value
    if isinstance(value, dict):
        return _without_members(value, secrets, depth)
    if isinstance(value, list):
        _check(depth)
        return [_without(element, secrets, depth - 1) for element in value]
    return value


def _without_members(
    value: Mapping[str, Any], secrets: frozenset[str], depth: int
) -> dict[str, Any]:
    _check(depth)
    return {
        REMOVED if name in secrets else name: _without(member, secrets, depth - 1)
        for name, member in value.items()
        if name != SECRET_MEMBER
    }


def _check(depth: int) -> None:
    if depth == 0:
        raise NotADocument(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _identity(resource: Any) -> tuple[str, str]:
    if not isinstance(resource, dict):
        return ("", "")
    return (str(resource.get("type")), str(resource.get("id")))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise NotADocument("A number is too large.")
    return number


def _no_constant(name: str) -> float:
    raise NotADocument(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
