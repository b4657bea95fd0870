"""The mutants of the named queries of a SQL file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlglot.dialects.postgres import Postgres

from workers.database import queries

PARAMETER = re.compile(r"%\(\w+\)s")  # to sqlglot the names of some are keywords
END_OF_CLAUSE = frozenset(
    {
        "CROSS",
        "DO",
        "EXCEPT",
        "FOR",
        "FULL",
        "GROUP",
        "HAVING",
        "INNER",
        "INTERSECT",
        "JOIN",
        "LEFT",
    }
    | {"LIMIT", "ON", "ORDER", "RETURNING", "RIGHT", "ROWS", "SET", "THEN", "UNION", "VALUES"}
    | {"WHEN", "WHERE", "WINDOW", ";"}
)
SWAPPED = {"LEAST": "greatest", "GREATEST": "least", "<": "<=", ">": ">=", "<=": "<", ">=": ">"}
# No test can tell a moment before another from the same one: comparisons of times are turned round.
TIME = re.compile(r"(_AT|_UNTIL|_FROM|SINCE|BEFORE|NOW|DAYS?|START|END)\b")
TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword, name, literal or sign of a query."""

    query: str
    start: int
    end: int  # the character after it

    @property
    def text(self) -> str:
        """As written, in capitals."""
        return self.query[self.start : self.end].upper()


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a text: the characters from ``start`` to ``end`` become ``text``."""

    kind: str
    start: int
    end: int
    text: str

    def apply(self, source: str) -> str:
        """Return ``source`` with the change."""
        return source[: self.start] + self.text + source[self.end :]


def of(source: str) -> Iterator[tuple[str, int, Change]]:
    """Yield, for each mutant of a file, the query, where it begins, and the change of the file."""
    for name, query in queries.parse(source).items():
        offset = source.index(query, source.index(f"-- name: {name}\n"))
        for change in changes(query):
            start, end = offset + change.start, offset + change.end
            yield name, offset, replace(change, start=start, end=end)


def changes(query: str) -> list[Change]:
    """Return what can be changed in a query."""
    masked = PARAMETER.sub(lambda found: "x" * len(found.group()), query)
    masked = masked.replace("{lock}", "      ")
    tokens = [Word(query, token.start, token.end + 1) for token in Postgres().tokenize(masked)]
    depths = _depths(tokens)
    found: list[Change] = []
    for index, token in enumerate(tokens):
        word = token.text
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        end = _end_of_clause(tokens, depths, index)
        if end < len(tokens) and tokens[end].text == "DO":
            continue  # of the index in ON CONFLICT
        if word in {"WHERE", "HAVING"} or (word == "ON" and after != "CONFLICT"):
            found += _dropped_conditions(tokens, depths, index + 1, end)
        elif word == "FOR" and after in {"UPDATE", "NO", "SHARE", "KEY"}:
            found += _dropped_locks(tokens, index, end)
        elif word.startswith("ORDER"):
            found += _changed_orders(tokens, depths, index, end)
        elif word == "LIMIT":
            found.append(_cut("drop a limit", tokens, index, end))
        elif word == "USING" or word.startswith("PARTITION"):
            found += _dropped_columns(tokens, depths, index, end)
        elif word == "NOT" and after == "EXISTS":
            found.append(_cut("drop NOT", tokens, index, index + 1))
        elif word in SWAPPED:
            near = " ".join(one.text for one in tokens[max(index - 3, 0) : index + 4])
            swapped = TURNED.get(word) if TIME.search(near) else SWAPPED[word]
            text = swapped or SWAPPED[word]
            found.append(Change("change a comparison", token.start, token.end, text))
    return list(dict.fromkeys(found))


def _depths(tokens: Sequence[Word]) -> list[int]:
    """Return for each token how many brackets, or CASE expressions, are around it."""
    depths, depth = [], 0
    for token in tokens:
        depth -= token.text in {")", "END"}
        depths.append(depth)
        depth += token.text in {"(", "CASE"}
    return depths


def _end_of_clause(tokens: Sequence[Word], depths: Sequence[int], start: int) -> int:
    """Return the index after the last token of the clause that begins at ``start``."""
    for index in range(start + 1, len(tokens)):
        if depths[index] < depths[start]:
            return index
        word = tokens[index].text.partition(" ")[0]
        if depths[index] == depths[start] and word in END_OF_CLAUSE:
            return index
    return len(tokens)


def _dropped_conditions(
    tokens: Sequence[Word], depths: Sequence[int], start: int, end: int
) -> Iterator[Change]:
    """Drop each of several conditions, also of those in brackets; the only one becomes TRUE."""
    joints, between = [start - 1], False
    for index in range(start, end):
        word = tokens[index].text
        if depths[index] == depths[start] and word == "BETWEEN":
            between = True
        elif depths[index] == depths[start] and word in {"AND", "OR"}:
            if not between:
                joints.append(index)
            between = False
    parts = [(first + 1, last) for first, last in pairwise([*joints, end])]
    for number, (first, last) in enumerate(parts):
        if len(parts) == 1 and tokens[first].text != "TRUE":
            yield Change("drop a condition", tokens[first].start, tokens[last - 1].end, "TRUE")
        elif len(parts) > 1:
            joint = (first, last + 1) if number == 0 else (first - 1, last)
            yield _cut("drop a condition", tokens, *joint)
        in_brackets = tokens[first].text == "(" and tokens[last - 1].text == ")"
        if in_brackets and all(depths[i] > depths[first] for i in range(first + 1, last - 1)):
            inner = [tokens[index].text for index in range(first + 1, last - 1)]
            if inner[0] not in {"SELECT", "WITH"} and {"AND", "OR"} & set(inner):
                yield from _dropped_conditions(tokens, depths, first + 1, last - 1)


def _dropped_locks(tokens: Sequence[Word], start: int, end: int) -> Iterator[Change]:
    yield _cut("drop a lock", tokens, start, end)
    for index in range(start, end):
        if tokens[index].text in {"SKIP", "NOWAIT"}:
            yield _cut("wait for a lock", tokens, index, end)


def _changed_orders(
    tokens: Sequence[Word], depths: Sequence[int], start: int, end: int
) -> Iterator[Change]:
    yield _cut("drop an order", tokens, start, end)
    for index in range(start + 1, end + 1):
        here = tokens[index].text if index < end else ","
        if here in {",", "DESC", "NULLS"} and (index == end or depths[index] == depths[start]):
            last = tokens[index - 1].end
            if here == "DESC":
                yield _cut("turn an order round", tokens, index, index + 1)
            else:
                yield Change("turn an order round", last, last, " DESC")
            return


def _dropped_columns(
    tokens: Sequence[Word], depths: Sequence[int], start: int, end: int
) -> Iterator[Change]:
    """Drop each column of a key that has several."""
    level = depths[start] + (tokens[start].text == "USING")
    first = start + 2 if level > depths[start] else start + 1
    commas = [
        index for index in range(first, end) if depths[index] == level and tokens[index].text == ","
    ]
    stop = next((i for i in range(first, end) if depths[i] < level or tokens[i].text == ")"), end)
    commas = [index for index in commas if index < stop]
    parts = [(one + 1, other) for one, other in pairwise([first - 1, *commas, stop])]
    if len(parts) > 1:
        for number, (one, other) in enumerate(parts):
            joint = (one, other + 1) if number == 0 else (one - 1, other)
            yield _cut("drop a column of a key", tokens, *joint)


def _cut(kind: str, tokens: Sequence[Word], start: int, end: int) -> Change:
    """Drop the tokens from ``start`` up to ``end``."""
    return Change(kind, tokens[start].start, tokens[end - 1].end, "")
