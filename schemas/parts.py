"""Building blocks of the schemas: the parts of a document, their leaves and their lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from schemas.errors import MAX_FAULTS
from schemas.leaves import text


class Part(Schema):
    """An object within the attributes. Members that we do not know are ignored.

    Cention adds fields "upon request", so a new one is no error.
    """

    class Meta:
        unknown = EXCLUDE


class Leaf(fields.Field):
    """A member read by a function of ``schemas.leaves``; missing and ``null`` are ``None``."""

    def __init__(
        self, read: Callable[[object], Any], name: str | None = None, *, required: bool = False
    ) -> None:
        if required:
            super().__init__(data_key=name, required=True)
        else:
            super().__init__(data_key=name, load_default=None, allow_none=True)
        self._read = read

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return self._read(value)


class _List(fields.Field):
    """A list. Missing is ``None``: the document did not say. ``null`` is an empty list."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(data_key=name, load_default=None)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Read the list into a tuple."""
        return () if value is None else super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValidationError("must be a list")
        read: list[Any] = []
        faults: dict[Any, Any] = {}
        for index, element in enumerate(value):
            try:
                read.append(self._read_one(element))
            except ValidationError as error:
                faults[index] = error.messages
            if len(faults) == MAX_FAULTS:
                break
        if faults:
            raise ValidationError(faults)
        return tuple(read)

    def _read_one(self, element: Any) -> Any:
        raise NotImplementedError


class Several(_List):
    """A list of objects, each read by one plain function: a schema for each would be slow."""

    def __init__(
        self, read_object: Callable[[Mapping[str, Any]], Any], name: str | None = None
    ) -> None:
        super().__init__(name)
        self._read_object = read_object

    def _read_one(self, element: Any) -> Any:
        if not isinstance(element, dict):
            raise ValidationError("must be an object")
        return self._read_object(element)


class Texts(_List):
    """A list of texts; empty ones are left out."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        return tuple(filter(None, super()._deserialize(value)))

    def _read_one(self, element: Any) -> str | None:
        return text(element)


class Group(fields.Nested):
    """A part that may be missing or ``null``: then so are all its members."""

    def __init__(self, part: type[Part]) -> None:
        super().__init__(part)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Read the part into a dict of all its members."""
        present = {} if value is None or value is missing else value
        return super().deserialize(present, *args, **kwargs)


def required(part: type[Part]) -> fields.Nested:
    """Return a field for a part without which the document says nothing."""
    return fields.Nested(part, required=True)


def optional(part: type[Part]) -> fields.Nested:
    """Return a field for a part that may be missing or ``null``: ``None``."""
    return fields.Nested(part, load_default=None, allow_none=True)
