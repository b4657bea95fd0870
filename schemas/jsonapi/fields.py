"""Fields of the schemas: nested objects, scalars and lists.

Each field reads in two ways, to the same value. ``deserialize`` is marshmallow's, and names every
fault. ``read_straight`` takes a fraction of the time: it stops at the first fault, without a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, missing

from schemas.errors import MAX_FAULTS
from schemas.jsonapi.scalars import text


class StraightField(fields.Field):
    """A field that can be read in both ways."""

    def read_straight(self, value: Any) -> Any:
        """Read the member, or ``missing``. Raises ``ValidationError`` for the first fault."""
        return self.deserialize(value)


class Members:
    """Reads the members of an object by their fields, straight."""

    __slots__ = ("_others", "_scalars")

    def __init__(self, declared: Iterable[tuple[str, str, StraightField]]) -> None:
        """``declared`` has the name of each member, its key in the document, and its field."""
        scalars, others = [], []
        for name, key, field in declared:
            if isinstance(field, Scalar) and not field.required:
                scalars.append((name, key, field.read_scalar))
            else:
                others.append((name, key, field.read_straight))
        self._scalars, self._others = tuple(scalars), tuple(others)

    def read(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Return all members by their names. Raises ``ValidationError`` for the first fault."""
        get = part.get
        read = {
            name: None if (value := get(key)) is None else read_scalar(value)
            for name, key, read_scalar in self._scalars
        }
        for name, key, read_straight in self._others:
            read[name] = read_straight(get(key, missing))
        return read


class Nested:
    """An object within the attributes. Unknown members are ignored.

    Cention adds fields "upon request", so a new one is not an error. Declared like a marshmallow
    schema, but read without marshmallow, which takes a third of the time.
    """

    _declared: ClassVar[tuple[tuple[str, str, StraightField], ...]] = ()
    _members: ClassVar[Members] = Members(())

    def __init_subclass__(cls) -> None:
        cls._declared = tuple(
            (name, field.data_key or name, field)
            for name, field in vars(cls).items()
            if isinstance(field, StraightField)
        )
        cls._members = Members(cls._declared)

    @classmethod
    def read(cls, value: Any) -> dict[str, Any]:
        """Return all members by their names. Raises ``ValidationError`` with every fault."""
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        read: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for name, key, field in cls._declared:
            try:
                read[name] = field.deserialize(value.get(key, missing))
            except ValidationError as error:
                faults[key] = error.messages
        if faults:
            raise ValidationError(faults)
        return read

    @classmethod
    def read_straight(cls, value: Any) -> dict[str, Any]:
        """Return what ``read`` returns. Raises ``ValidationError`` for the first fault."""
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        return cls._members.read(value)


class _Member(StraightField):
    """A member for which ``null`` counts as absent: an error if it is required, else ``None``."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """Read the member, without marshmallow's validators: no schema uses them."""
        if value is not missing and value is not None:
            return self._read(value)
        if self.required:
            raise self.make_error("required" if value is missing else "null")
        return None

    def _read(self, value: Any) -> Any:
        raise NotImplementedError


class Scalar(_Member):
    """A member read by a function of ``scalars``; missing and ``null`` are ``None``."""

    def __init__(
        self, read: Callable[[object], Any], name: str | None = None, *, required: bool = False
    ) -> None:
        default: dict[str, Any] = {} if required else {"load_default": None}
        super().__init__(data_key=name, required=required, **default)
        self.read_scalar = read

    def read_straight(self, value: Any) -> Any:
        """Read the member, without a call more for a required one."""
        if value is missing or value is None:
            return self.deserialize(value)
        return self.read_scalar(value)

    def _read(self, value: Any) -> Any:
        return self.read_scalar(value)


class _List(StraightField):
    """A list. Missing is ``None``, that is, unknown; ``null`` is an empty list."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(data_key=name, load_default=None)

    def deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...] | None:
        """Read the list into a tuple."""
        if value is missing:
            return None
        return () if value is None else self._read(value)

    def read_straight(self, value: Any) -> tuple[Any, ...] | None:
        """Read the list into a tuple."""
        if not isinstance(value, list):
            return self.deserialize(value)
        return self._read_elements(value)

    def _read(self, value: Any) -> tuple[Any, ...]:
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

    def _read_elements(self, elements: list[Any]) -> tuple[Any, ...]:
        return tuple([self._read_one(element) for element in elements])

    def _read_one(self, element: Any) -> Any:
        raise NotImplementedError


class ListOf(_List):
    """A list of objects, each read by a plain function, because a schema for each is slow."""

    def __init__(
        self, read_object: Callable[[Mapping[str, Any]], Any], name: str | None = None
    ) -> None:
        super().__init__(name)
        self._read_object = read_object

    def _read_one(self, element: Any) -> Any:
        if not isinstance(element, dict):
            raise ValidationError("must be an object")
        return self._read_object(element)


class ListOfTexts(_List):
    """A list of texts; empty ones are left out."""

    def _read(self, value: Any) -> tuple[Any, ...]:
        return tuple(filter(None, super()._read(value)))

    def _read_elements(self, elements: list[Any]) -> tuple[Any, ...]:
        return tuple(filter(None, super()._read_elements(elements)))

    def _read_one(self, element: Any) -> str | None:
        return text(element)


class _NestedMember(_Member):
    def __init__(self, nested: type[Nested], *, required: bool) -> None:
        default: dict[str, Any] = {} if required else {"load_default": None}
        super().__init__(required=required, **default)
        self._nested = nested

    def read_straight(self, value: Any) -> Any:
        """Read the object."""
        if value is missing or value is None:
            return self.deserialize(value)
        return self._nested.read_straight(value)

    def _read(self, value: Any) -> dict[str, Any]:
        return self._nested.read(value)


class Group(_NestedMember):
    """A nested object that may be missing or ``null``: then all its members are ``None``."""

    def __init__(self, nested: type[Nested]) -> None:
        super().__init__(nested, required=False)

    def deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        """Read the object into a dict of all its members."""
        return self._read({} if value is None or value is missing else value)


def required(nested: type[Nested]) -> StraightField:
    """Return a field for a nested object that must be present."""
    return _NestedMember(nested, required=True)


def optional(nested: type[Nested]) -> StraightField:
    """Return a field for a nested object that may be missing or ``null``: ``None``."""
    return _NestedMember(nested, required=False)
