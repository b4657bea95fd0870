"""Building blocks of the schemas: the parts of a document, their leaves and their lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from schemas.errors import MAX_FAULTS


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


class Several(fields.Field):
    """A list of objects, each read by one plain function, which a schema of its own would slow.

    Missing is ``None``: the document did not say. ``null`` is an empty list.
    """

    def __init__(self, read_one: Callable[[Mapping[str, Any]], Any], name: str | None = None):
        super().__init__(data_key=name, load_default=None)
        self._read_one = read_one

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Read the list: a tuple of what ``read_one`` returned."""
        return () if value is None else super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValidationError("must be a list")
        read: list[Any] = []
        faults: dict[Any, Any] = {}
        for index, element in enumerate(value):
            try:
                read.append(self._read_object(element))
            except ValidationError as error:
                faults[index] = error.messages
            if len(faults) == MAX_FAULTS:
                break
        if faults:
            raise ValidationError(faults)
        return tuple(read)

    def _read_object(self, element: object) -> Any:
        if not isinstance(element, dict):
            raise ValidationError("must be an object")
        return self._read_one(element)


def required(part: type[Part]) -> fields.Nested:
    """Return a field for a part without which the document says nothing."""
    return fields.Nested(part, required=True)


def optional(part: type[Part]) -> fields.Nested:
    """Return a field for a part that may be missing or ``null``: ``None``."""
    return fields.Nested(part, load_default=None, allow_none=True)
