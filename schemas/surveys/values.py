"""Fields of the rules file: each reads one value of TOML, and says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from string import Formatter
from typing import Any

from marshmallow import Schema, ValidationError, fields

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 24 * 60
MAX_DAYS = 3650
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)  # no database or vendor takes all of them
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f]")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


class Table(Schema):
    """A table of the rules file: a key that it does not know is a mistake."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        known = ", ".join(sorted(each.data_key or name for name, each in self.fields.items()))
        self.error_messages = {
            **self.error_messages,
            "unknown": f"is no key of this table; write one of: {known}",
            "type": "must be a table",
        }


class Value(fields.Field):
    """A value that ``read`` turns into ours.

    ``read`` raises ``ValueError`` that says what to write, or ``ValidationError`` with one for each
    member of a value.
    """

    default_error_messages: Mapping[str, str] = {  # type: ignore[assignment]  # untyped there
        "required": "is missing; add it",
        "null": "must not be empty",
    }

    def __init__(self, read: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self._read = read

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return self._read(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class TableOf(fields.Field):
    """A table whose keys are names of the user's, and whose values are tables of one kind."""

    def __init__(self, table: type[Table], **options: Any) -> None:
        super().__init__(**options)
        self._table = table

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("must be a table")
        found, faults = {}, {}
        for name, member in value.items():
            try:
                found[name] = self._table().load(member)
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError(faults)
        return found


def text(*, max_length: int = 250, lines: bool = False) -> Callable[[Any], str]:
    """Return a reader of texts that are not blank, of one line or of several."""
    unwanted = _NO_TEXT if lines else _NO_LINE

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("must be a text that is not empty")
        if len(value) > max_length:
            raise ValueError(f"is {len(value)} characters long; at most {max_length} are possible")
        if unwanted.search(value):
            what = "a control character" if lines else "a line break or a control character"
            raise ValueError(f"has {what}; remove it")
        return value

    return read


def template(
    placeholders: Collection[str], *, max_length: int, lines: bool = False
) -> Callable[[Any], str]:
    """Return a reader of texts whose placeholders are all known."""
    read_text = text(max_length=max_length, lines=lines)
    known = ", ".join(f"{{{name}}}" for name in placeholders)

    def read(value: Any) -> str:
        found = read_text(value)
        try:
            parts = list(Formatter().parse(found))
        except ValueError:
            raise ValueError(f"has a brace too many; the placeholders are {known}") from None
        for _, name, spec, conversion in parts:
            if name is not None and (name not in placeholders or spec or conversion):
                raise ValueError(f"has an unknown placeholder {{{name}}}; known are {known}")
        return found

    return read


def one_of(known: Collection[str]) -> Callable[[Any], str]:
    """Return a reader of one of some words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"must be one of: {', '.join(known)}")
        return value

    return read


def whole(first: int, last: int) -> Callable[[Any], int]:
    """Return a reader of whole numbers in a range."""

    def read(value: Any) -> int:
        if type(value) is not int or not first <= value <= last:
            raise ValueError(f"must be a whole number from {first} to {last}")
        return value

    return read


def flag(value: Any) -> bool:
    """Return ``true`` or ``false``."""
    if type(value) is not bool:
        raise ValueError("must be true or false")
    return value


def percent(value: Any) -> float:
    """Return a share of more than 0 and at most 100 percent."""
    if type(value) not in (int, float) or not 0 < value <= 100:
        raise ValueError("must be a number above 0, at most 100; to stop a rule, switch it off")
    return float(value)


def duration(value: Any) -> timedelta:
    """Return the length of ``30s``, ``15m``, ``24h`` or ``7d``."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > timedelta(days=MAX_DAYS):
        raise ValueError("must be a duration such as 30s, 15m, 24h or 7d, at most 3650d")
    return length


def hours(value: Any) -> tuple[int, int]:
    """Return the minutes of the day of ``["08:00", "20:00"]``, the end not included."""
    found = [_minute(one) for one in value] if isinstance(value, list) else []
    if len(found) != 2 or None in found:
        raise ValueError('must be two times of the day such as ["08:00", "20:00"]')
    begin, end = (minute or 0 for minute in found)
    if not begin < end <= MINUTES_PER_DAY:
        raise ValueError("must begin before they end, within one day (24:00 at most)")
    return begin, end


def days(value: Any) -> frozenset[int]:
    """Return the days of the week of ``["mon", "tue"]``; Monday is 0."""
    read = many(one_of(DAYS))
    return frozenset(DAYS.index(day) for day in read(value))


def many(read_one: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a reader of lists that have at least one element, and none twice."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("must be a list that is not empty")
        found = read_each(dict(enumerate(value)), read_one).values()
        if len(set(found)) != len(found):
            raise ValueError("names something twice")
        return tuple(found)

    return read


def read_each(members: Mapping[Any, Any], read_one: Callable[[Any], Any]) -> dict[Any, Any]:
    """Return members as they are read. Raises ``ValidationError`` with every mistake by member."""
    found, faults = {}, {}
    for name, member in members.items():
        try:
            found[name] = read_one(member)
        except ValueError as error:
            faults[name] = [str(error)]
    if faults:
        raise ValidationError(faults)
    return found


def one_or_many(read_one: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a reader of one value or a list of them."""
    read = many(read_one)
    return lambda value: read(value) if isinstance(value, list) else (read_one(value),)


def _minute(value: Any) -> int | None:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * 60 + int(found[2]) if found else None
