"""Reads JSON as Go's ``encoding/json`` does.

The differences from Python: no ``NaN``, no depth over 10,000, no limit below it, only the first
value is read, and bytes that are not UTF-8 and half surrogate pairs become U+FFFD. Objects keep
repeated keys, and numbers their text, because Go's types decide about both.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 10_000
MAX_PLAIN_DEPTH = 100  # what orjson writes has at most 254 levels
TOKEN = re.compile(
    r"[ \t\r\n]*+(?:"
    r"(?P<mark>[{}\[\]:,])"
    r'|(?P<text>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>true|false|null))"
)
WORDS = {"true": True, "false": False, "null": None}
HALF_PAIR = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def _replace_each_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return REPLACEMENT * (error.end - error.start), error.end


codecs.register_error("replace-each-byte", _replace_each_byte)


class NotDecodable(Exception):
    """The body of a request is not a document of its resource; the framework answers 406."""


class Number(str):
    """A number, as its text."""

    __slots__ = ()

    @property
    def value(self) -> float:
        """The number as Go's float64. Raises ``NotDecodable`` if it is too large."""
        number = float(self)
        if math.isinf(number):
            raise NotDecodable(f"json: cannot unmarshal number {self} into Go value of float64")
        return number


@dataclass(slots=True)
class Object:
    """An object, with its keys as often as they stand there."""

    members: list[tuple[str, Any]] = field(default_factory=list)

    def last(self) -> dict[str, Any]:
        """Return the object as a map; the last of repeated keys counts."""
        return dict(self.members)


Value = None | bool | str | Number | list[Any] | Object


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _next(self) -> re.Match[str]:
        token = TOKEN.match(self._text, self._at)
        if token is None:
            raise NotDecodable("invalid character, or unexpected end of JSON input")
        self._at = token.end()
        return token

    def value(self) -> Value:
        """Return the next value; an array or object is returned empty, and still open."""
        token = self._next()
        match token.lastgroup, token[token.lastgroup or 0]:
            case "text", text:
                return _unescaped(text)
            case "number", text:
                return Number(text)
            case "word", text:
                return WORDS[text]
            case "mark", "{":
                return Object()
            case "mark", "[":
                return []
        raise NotDecodable("invalid character looking for beginning of value")

    def key(self) -> str:
        """Return the next key of an object, and go past its colon."""
        token = self._next()
        if token["text"] is None or self._next()["mark"] != ":":
            raise NotDecodable("invalid character looking for a key")
        return _unescaped(token["text"])

    def ends(self, *, closing: str, empty: bool) -> bool:
        """Return whether an array or object ends here; goes past the comma or the bracket."""
        before = self._at
        mark = self._next()["mark"]
        if mark == closing:
            return True
        if empty:
            self._at = before
        elif mark != ",":
            raise NotDecodable("invalid character after a value")
        return False


def _unescaped(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    return HALF_PAIR.sub(REPLACEMENT, json.loads(token))


def read_json(body: bytes) -> Value:
    """Return the first value in ``body``; what follows is ignored. Raises ``NotDecodable``."""
    tokens = _Tokens(body.decode("utf-8", "replace-each-byte"))
    root = tokens.value()
    unclosed: list[list[Any] | Object] = [root] if isinstance(root, list | Object) else []
    while unclosed:
        holder = unclosed[-1]
        into: list[Any] = holder.members if isinstance(holder, Object) else holder
        closing = "}" if isinstance(holder, Object) else "]"
        if tokens.ends(closing=closing, empty=not into):
            unclosed.pop()
            continue
        key = tokens.key() if isinstance(holder, Object) else None
        value = tokens.value()
        into.append(value if key is None else (key, value))
        if isinstance(value, list | Object):
            if len(unclosed) == MAX_DEPTH:
                raise NotDecodable("exceeded max depth")
            unclosed.append(value)
    return root


def check_numbers(value: Value) -> None:
    """Check that no number in ``value`` is too large for Go. Raises ``NotDecodable``."""
    waiting: list[Value] = [value]
    while waiting:
        match waiting.pop():
            case Number() as number:
                number.value  # noqa: B018  # raises
            case Object() as holder:
                waiting += [one for _, one in holder.members]
            case list() as holder:
                waiting += holder


def plain(value: Value) -> Any:
    """Return ``value`` as Python's types, without what is deeper than ``MAX_PLAIN_DEPTH``."""
    result: list[Any] = []
    waiting: list[tuple[Any, Any, int]] = [([value], result, 0)]
    while waiting:
        source, target, depth = waiting.pop()
        pairs = source.last().items() if isinstance(source, Object) else enumerate(source)
        for key, one in pairs:
            made = _shell(one)
            if isinstance(target, list):
                target.append(made)
            else:
                target[key] = made
            if isinstance(one, list | Object) and depth < MAX_PLAIN_DEPTH:
                waiting.append((one, made, depth + 1))
    return result[0]


def _shell(value: Value) -> Any:
    match value:
        case Object():
            return {}
        case list():
            return []
        case Number():
            number = value.value
            return int(number) if number.is_integer() and abs(number) < 2**63 else number
    return value
