"""What can be wrong with a document we were handed.

* DocumentError     not the shape its sender promised    -> keep the document, show the faults
  + NullResource        ``"data": null``: no such resource   -> treat like a 404 of the resource
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MAX_FAULTS = 20  # told of one document; a document of five thousand bad items is told in twenty


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document. Quotes nothing of the document but names of members."""

    pointer: str  # JSON pointer (RFC 6901) of the offending member; "" is the whole document
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or '(document)'}: {self.detail}"


class DocumentError(ValueError):
    """A document does not have the shape its sender promised; ``str`` tells the first fault."""

    def __init__(self, first: Fault, *others: Fault) -> None:
        super().__init__(first, *others)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong: at least one fault, in the order found, and not endlessly many."""
        return self.args

    def __str__(self) -> str:
        return str(self.faults[0])


class NullResource(DocumentError):
    """The document says ``"data": null`` where a resource was asked for: there is none."""


def raise_faults(faults: Iterator[Fault]) -> None:
    """Raise ``DocumentError`` with the first faults, if there are any."""
    found = tuple(islice(faults, MAX_FAULTS))
    if found:
        raise DocumentError(*found)
