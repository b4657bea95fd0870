"""Go's types of attributes: which JSON they take, and what is read from it.

An attribute itself is read by the framework, which cuts the fraction of a number. What is inside
of a structure is read by ``encoding/json``, which refuses a fraction, and finds keys in any case.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from deploy.sandbox.http.go_json import NotDecodable, Number, Object, Value, plain

MIN_INT, MAX_INT = -(2**63), 2**63 - 1
LARGEST_WITHOUT_EXPONENT = 1e21  # above, Go writes a float with an exponent
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class GoType(Protocol):
    """A type of Go; both methods raise ``NotDecodable`` for JSON of another type."""

    def attribute(self, value: Value) -> Any:
        """Read an attribute that is not null."""
        ...

    def member(self, value: Value) -> Any:
        """Read a member of a structure or list; null is the zero value."""
        ...


def mismatch() -> NotDecodable:
    """Return the error for JSON of another type."""
    return NotDecodable("Invalid type provided")


class Text:
    """A string."""

    def attribute(self, value: Value) -> str:
        """Read an attribute."""
        if not isinstance(value, str) or isinstance(value, Number):
            raise mismatch()
        return value

    def member(self, value: Value) -> str:
        """Read a member."""
        return "" if value is None else self.attribute(value)


class Flag:
    """A bool."""

    def attribute(self, value: Value) -> bool:
        """Read an attribute."""
        if not isinstance(value, bool):
            raise mismatch()
        return value

    def member(self, value: Value) -> bool:
        """Read a member."""
        return value is not None and self.attribute(value)


class Integer:
    """An int of 64 bits."""

    def attribute(self, value: Value) -> int:
        """Read an attribute: a fraction is cut, and what is too large is the smallest integer."""
        if not isinstance(value, Number):
            raise mismatch()
        number = value.value
        return int(number) if MIN_INT <= number < 2.0**63 else MIN_INT

    def member(self, value: Value) -> int:
        """Read a member."""
        if value is None:
            return 0
        number = value.value if isinstance(value, Number) else 0.5
        if not number.is_integer() or abs(number) >= LARGEST_WITHOUT_EXPONENT:
            raise mismatch()
        if not MIN_INT <= int(number) <= MAX_INT:
            raise mismatch()
        return int(number)


class Bytes:
    """Bytes, as standard base64 with or without line breaks, or as an array of numbers."""

    def attribute(self, value: Value) -> bytes:
        """Read an attribute."""
        if isinstance(value, list):
            numbers = [Integer().member(one) for one in value]
            if not all(0 <= number <= 255 for number in numbers):
                raise mismatch()
            return bytes(numbers)
        text = Text().attribute(value).replace("\r", "").replace("\n", "")
        if not BASE64.fullmatch(text):
            raise NotDecodable("illegal base64 data")
        return base64.b64decode(text)

    def member(self, value: Value) -> bytes:
        """Read a member."""
        return b"" if value is None else self.attribute(value)


class AnyButNumber:
    """Any JSON; the framework cannot assign a number to such an attribute."""

    def attribute(self, value: Value) -> Any:
        """Read an attribute."""
        if isinstance(value, Number):
            raise mismatch()
        return plain(value)

    def member(self, value: Value) -> Any:
        """Read a member."""
        return plain(value)


class AnyObject:
    """An object with any members."""

    def attribute(self, value: Value) -> dict[str, Any]:
        """Read an attribute."""
        if not isinstance(value, Object):
            raise mismatch()
        read: dict[str, Any] = plain(value)
        return read

    def member(self, value: Value) -> dict[str, Any]:
        """Read a member."""
        return {} if value is None else self.attribute(value)


@dataclass(frozen=True)
class ListOf:
    """A list."""

    each: GoType

    def attribute(self, value: Value) -> list[Any]:
        """Read an attribute."""
        if not isinstance(value, list):
            raise mismatch()
        return [self.each.member(one) for one in value]

    def member(self, value: Value) -> list[Any]:
        """Read a member."""
        return [] if value is None else self.attribute(value)


@dataclass(frozen=True)
class Struct:
    """A structure; only the fields that are given and not null are read."""

    fields: Mapping[str, GoType]

    def attribute(self, value: Value) -> dict[str, Any]:
        """Read an attribute."""
        if not isinstance(value, Object):
            raise mismatch()
        read = {}
        for key, one in sorted(value.last().items()):  # the framework has sorted the keys
            name = field_name(key, self.fields)
            if name is not None and one is not None:
                read[name] = self.fields[name].member(one)
        return read

    def member(self, value: Value) -> dict[str, Any]:
        """Read a member."""
        return {} if value is None else self.attribute(value)


@dataclass(frozen=True)
class NotNull:
    """A type that the resource needs a value of."""

    type: GoType

    def attribute(self, value: Value) -> Any:
        """Read an attribute."""
        return self.type.attribute(value)

    def member(self, value: Value) -> Any:
        """Read a member."""
        if value is None:
            raise mismatch()
        return self.type.member(value)


def field_name(key: str, names: Mapping[str, Any]) -> str | None:
    """Return which of ``names`` the key of an object is, in any case; None: none of them."""
    if key in names:
        return key
    return next((name for name in names if name.casefold() == key.casefold()), None)


def read_attributes(attributes: Mapping[str, Value], types: Mapping[str, GoType]) -> dict[str, Any]:
    """Return the attributes with a type; null ones are left out. Raises ``NotDecodable``."""
    return {
        name: type_.attribute(attributes[name])
        for name, type_ in types.items()
        if attributes.get(name) is not None
    }
