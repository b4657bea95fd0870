"""The line of every key of a TOML document, which ``tomllib`` does not report."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'(?P<string>"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')'
    r"|(?P<skip>[ \t\r]+|#[^\n]*)|(?P<mark>[\[\]{}=.,\n])|(?P<bare>[^\s\[\]{}=.,#\"']+)",
    re.DOTALL,
)
_CLOSING, _BETWEEN = frozenset("]}"), frozenset(",\n")
_AFTER_VALUE = _CLOSING | _BETWEEN


def line_of_error(error: tomllib.TOMLDecodeError) -> int | None:
    """Return the line that an error of ``tomllib`` names, if it names one."""
    found = re.search(r"\(at line ([0-9]+), column [0-9]+\)$", str(error))
    return int(found[1]) if found else None


def line_index(text: str) -> Mapping[Path, int]:
    """Return the line of each key and table, by its path: ``("rule", 0, "name")``.

    The text must be valid TOML. The members of arrays and inline tables have their lines, too.
    """
    index = _Index()
    tokens = list(_tokens(text))
    at = 0
    while at < len(tokens):
        if tokens[at].text == "\n":
            at += 1
        elif tokens[at].text == "[":
            at = index.header(tokens, at)
        else:
            at = index.member(tokens, at, index.table)
    return index.lines


def line_at(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a path or of what it is in; 1 for the document itself."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


@dataclass(slots=True)
class _Index:
    lines: dict[Path, int] = field(default_factory=dict)
    tables: dict[Path, int] = field(default_factory=dict)  # elements of each array of tables
    table: Path = ()  # the one that keys belong to

    def header(self, tokens: list[_Token], at: int) -> int:
        """Read ``[table]`` or ``[[table]]``; return where it ends."""
        line = tokens[at].line
        repeated = tokens[at + 1].text == "["
        names, at = _key(tokens, at + (2 if repeated else 1))
        self.table = self._within(names[:-1] if repeated else names, line)
        if repeated:
            self.table += (names[-1],)
            self.lines.setdefault(self.table, line)
            self.tables[self.table] = self.tables.get(self.table, 0) + 1
            self.table += (self.tables[self.table] - 1,)
        self.lines.setdefault(self.table, line)
        return at + (2 if repeated else 1)

    def member(self, tokens: list[_Token], at: int, table: Path) -> int:
        """Read ``a.b = value`` of a table; return where it ends."""
        line = tokens[at].line
        names, at = _key(tokens, at)
        for count in range(1, len(names) + 1):
            self.lines.setdefault(table + tuple(names[:count]), line)
        return self._value(tokens, at + 1, table + tuple(names))

    def _value(self, tokens: list[_Token], at: int, path: Path) -> int:
        """Read a value at a path; return where it ends."""
        begin = tokens[at].text
        if begin not in ("[", "{"):
            while at < len(tokens) and tokens[at].text not in _AFTER_VALUE:
                at += 1
            return at
        at, place = at + 1, 0
        while tokens[at].text not in _CLOSING:
            if tokens[at].text in _BETWEEN:
                place += tokens[at].text == ","
                at += 1
            elif begin == "{":
                at = self.member(tokens, at, path)
            else:
                self.lines.setdefault((*path, place), tokens[at].line)
                at = self._value(tokens, at, (*path, place))
        return at + 1

    def _within(self, names: list[str], line: int) -> Path:
        path: Path = ()
        for name in names:
            path += (name,)
            self.lines.setdefault(path, line)
            if path in self.tables:
                path += (self.tables[path] - 1,)
        return path


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "skip":
            yield _Token(found[0], line)
        line += found[0].count("\n")


def _key(tokens: list[_Token], at: int) -> tuple[list[str], int]:
    """Return the parts of a dotted key, and where it ends."""
    names = []
    while tokens[at].text not in ("=", "]"):
        if tokens[at].text != ".":
            names.append(_unquoted(tokens[at].text))
        at += 1
    return names, at


def _unquoted(key: str) -> str:
    return str(tomllib.loads(f"key = {key}")["key"]) if key[0] in "\"'" else key
