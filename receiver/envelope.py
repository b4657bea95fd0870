"""What happens to a callback before it is kept: read, secret checked and taken out, fingerprint."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any

import orjson

from schemas.text.unstorable import clean

MAX_DEPTH = 254  # levels of brackets, as many as orjson writes; Cention's documents have about ten
MAX_VALUES = 200_000  # in a body; millions, however small, take process and database many seconds
REMOVED = "[removed]"
SECRET_MEMBER = "api_secret"  # noqa: S105 - the name of the member, not a secret
LONG_SECRET = 8  # characters; a shorter one may be part of a text by chance

# Matches at every quote: what is not closed ends with the body, so the time is linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class NotADocument(ValueError):
    """The body is not one JSON object that can be kept."""


class Secrets:
    """The callback secrets of one workspace, all valid at once."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._texts = frozenset(secrets)
        self._digests = tuple(_digest(text) for text in self._texts)
        long = sorted((text for text in self._texts if len(text) >= LONG_SECRET), key=len)
        self._long = re.compile("|".join(map(re.escape, reversed(long)))) if long else None
        # Whatever is to be taken out of a document shows in its JSON text by one of these.
        short = self._texts.difference(long)
        within = (_as_json(text)[1:-1] for text in long)
        self._traces = (b"\\u0000", _as_json(SECRET_MEMBER), *map(_as_json, short), *within)

    def __bool__(self) -> bool:
        return bool(self._texts)

    def are_shown_by(self, document: Mapping[str, Any]) -> bool:
        """Tell whether ``meta.api_secret`` is one of the secrets.

        Takes equally long whichever it is, and whether it is any: all are compared, as digests.

        Source: Cention Callback, "meta.api_secret".
        """
        meta = document.get("meta")
        shown = meta.get(SECRET_MEMBER) if isinstance(meta, dict) else None
        digest = _digest(shown if isinstance(shown, str) else "")
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(matches) and isinstance(shown, str)

    def may_be_in(self, text: bytes) -> bool:
        """Tell whether a JSON text may hold something to be taken out; false means surely not."""
        return any(trace in text for trace in self._traces)

    def removed_from(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy in which no secret is left, wherever it stood.

        Members called ``api_secret`` are dropped; a secret that is a name or a text becomes
        ``[removed]``, and one of ``LONG_SECRET`` characters also within another text. Raises
        ``NotADocument`` for more than ``MAX_DEPTH`` levels.
        """
        return _without_members(document, self._struck, MAX_DEPTH)

    def _struck(self, text: str) -> str:
        if text in self._texts:
            return REMOVED
        return self._long.sub(REMOVED, text) if self._long else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A callback as it may be kept: no secret in it, and nothing that Postgres cannot hold."""

    document: dict[str, Any]
    sha256: bytes  # equal for two deliveries of the same document
    size_bytes: int  # as JSON without white space


def read_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``: UTF-8, with or without a byte order mark.

    Of a member given twice the last counts. Raises ``NotADocument`` for anything else, also for
    NaN, infinite numbers, integers of thousands of digits and bottomless nesting, all of which
    ``json`` alone would let pass or answer with other errors, and for more than ``MAX_VALUES``.
    """
    _refuse_crowd(body)
    try:
        document = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotADocument("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise NotADocument("The body is not a JSON object.")
    return document


def seal(document: Mapping[str, Any], secrets: Secrets) -> Sealed:
    """Return ``document`` as it may be kept, and its fingerprint.

    The order of members, white space, the order of ``included``, which Cention shuffles, and the
    secret make no difference to the fingerprint. Raises ``NotADocument`` for more than
    ``MAX_DEPTH`` levels.
    """
    kept = _without_shown_secret(document)
    text = _canonical(kept)
    if text is None or secrets.may_be_in(text):
        kept = secrets.removed_from(clean(kept))
        text = _canonical(kept) or _CANONICAL.encode(_in_order(kept)).encode()
    return Sealed(document=kept, sha256=hashlib.sha256(text).digest(), size_bytes=len(text))


def _refuse_crowd(body: bytes) -> None:
    if len(body) <= 2 * MAX_VALUES:  # a value and what parts it from the next
        return
    texts_most = 2 * MAX_VALUES  # each value may have a name
    between, texts = _STRING.subn(b"", body, count=texts_most + 1)
    if texts > texts_most or sum(map(between.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise NotADocument(f"The body holds more than {MAX_VALUES:,} values.")


def _without_shown_secret(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(document)
    if isinstance(meta := kept.get("meta"), dict):
        kept["meta"] = {name: member for name, member in meta.items() if name != SECRET_MEMBER}
    return kept


def _canonical(document: dict[str, Any]) -> bytes | None:
    """Return the one JSON text of ``document``; ``None`` if it holds what orjson cannot write.

    Those are lone surrogates, integers over 64 bits, and more than ``MAX_DEPTH`` levels.
    """
    try:
        return orjson.dumps(_in_order(document), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    included = document.get("included")
    if not isinstance(included, list):
        return document
    return {**document, "included": sorted(included, key=_identity)}


def _identity(resource: Any) -> tuple[str, str]:
    if not isinstance(resource, dict):
        return ("", "")
    return (str(resource.get("type")), str(resource.get("id")))


def _without(value: Any, strike: Callable[[str], str], depth: int) -> Any:
    if isinstance(value, str):
        return strike(value)
    if isinstance(value, dict):
        return _without_members(value, strike, depth)
    if isinstance(value, list):
        _check(depth)
        return [_without(element, strike, depth - 1) for element in value]
    return value


def _without_members(
    value: Mapping[str, Any], strike: Callable[[str], str], depth: int
) -> dict[str, Any]:
    _check(depth)
    return {
        strike(name): _without(member, strike, depth - 1)
        for name, member in value.items()
        if name != SECRET_MEMBER
    }


def _check(depth: int) -> None:
    if depth == 0:
        raise NotADocument(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _as_json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


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
