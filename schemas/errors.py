"""The errors of a document that we received.

* DocumentError     not the documented shape             -> store the document, report the faults
  + NullResource    ``"data": null``: no such resource   -> handle like HTTP 404
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MAX_FAULTS = 20  # reported of one document


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a document. Quotes nothing of the document except names of members."""

    pointer: str  # JSON pointer (RFC 6901) of the offending member; "" is the whole document
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or '(document)'}: {self.detail}"


class DocumentError(ValueError):
    """A document does not have the documented shape; its text is the first fault."""

    def __init__(self, first: Fault, *others: Fault) -> None:
        super().__init__(first, *others)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """At least one fault, in the order found; readers report at most ``MAX_FAULTS``."""
        return self.args

    def __str__(self) -> str:
        return str(self.faults[0])


class NullResource(DocumentError):
    """``data`` is null where a resource was requested: there is no such resource."""


def raise_faults(faults: Iterator[Fault]) -> None:
    """Raise ``DocumentError`` with the first faults, if there are any."""
    found = tuple(islice(faults, MAX_FAULTS))
    if found:
        raise DocumentError(*found)
