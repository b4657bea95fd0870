"""Reads what a document calls JSON and prints without quotes and commas.

CentraCX's own samples of a reply and of a status are written so::

    {
    status: 200
    data: {
    question: abcdef
    title: question 2
    }
    }
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.strict_json import InvalidJson, read_json

MAX_DEPTH = 20
_SPACE = re.compile(r"\s*")
_SEPARATOR = re.compile(r"\s*,?\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_KEY_TEXT = r"[A-Za-z_$][\w$-]{0,63}\s{0,9}:"
_KEY = re.compile(r"([A-Za-z_$][\w$-]{0,63})")
# A number or a word of JSON, if nothing else stands before the next member.
_LITERAL = re.compile(
    rf"(-?[0-9]{{1,18}}|true|false|null)(?=\s*(?:[,}}\]]|$|{_KEY_TEXT})|[ \t]*\n)"
)
# A text without quotes ends with its line, with a bracket, or with a comma before a member.
_TEXT_IN_OBJECT = re.compile(rf"(?:[^\n,{{}}\[\]]|,(?!\s*(?:{_KEY_TEXT}|[\"'}}]|\n)))+")
_TEXT_IN_LIST = re.compile(r"[^\n,{}\[\]]+")
_WORDS = {"true": True, "false": False, "null": None}


def read_json_or_bare_words(body: bytes) -> Any:
    """Return the JSON value in ``body``, or an object or list that has bare words in it.

    Raises ``InvalidJson`` for anything else, and for nesting deeper than ``MAX_DEPTH``.
    """
    try:
        return read_json(body, control_characters=True)
    except InvalidJson:
        text = body.decode(errors="replace").strip()
    if not text.startswith(("{", "[")):
        raise InvalidJson("The body is not JSON.")
    reader = _Reader(text)
    value = reader.value(_TEXT_IN_OBJECT, depth=0)
    if reader.position != len(text):
        raise InvalidJson("The body is not JSON.")
    return value


@dataclass(slots=True)
class _Reader:
    text: str
    position: int = 0

    def value(self, bare: re.Pattern[str], *, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise InvalidJson("The body is nested too deep.")
        first = self.text[self.position : self.position + 1]
        if first == "{":
            members: dict[str, Any] = {}
            self._members("}", lambda: self._member(members, depth=depth))
            return members
        if first == "[":
            elements: list[Any] = []
            self._members("]", lambda: elements.append(self.value(_TEXT_IN_LIST, depth=depth + 1)))
            return elements
        if found := self._take(_QUOTED):
            return _unescaped(found)
        if found := self._take(_LITERAL):
            return _WORDS[found[1]] if found[1] in _WORDS else int(found[1])
        return self._need(bare)[0].strip()

    def _members(self, end: str, read_one: Callable[[], object]) -> None:
        self.position += 1
        self._take(_SPACE)
        while not self.text.startswith(end, self.position):
            read_one()
            self._take(_SEPARATOR)
        self.position += 1

    def _member(self, members: dict[str, Any], *, depth: int) -> None:
        quoted = self._take(_QUOTED)
        name = _unescaped(quoted) if quoted else self._need(_KEY)[0]
        self._take(_SPACE)
        if not self.text.startswith(":", self.position):
            raise InvalidJson("The body is not JSON.")
        self.position += 1
        self._take(_SPACE)
        members[name] = self.value(_TEXT_IN_OBJECT, depth=depth + 1)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def _need(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = self._take(pattern)
        if found is None:
            raise InvalidJson("The body is not JSON.")
        return found


def _unescaped(quoted: re.Match[str]) -> str:
    inner = quoted[1] if quoted[1] is not None else quoted[2]
    return _ESCAPE.sub(lambda found: _character(found[1]), inner)


def _character(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPED.get(escape, escape)
