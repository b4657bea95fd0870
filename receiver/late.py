"""Answers that wait for something, without a thread that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from flask import Response

from receiver import errors

StartResponse: TypeAlias = Callable[..., Any]
Count: TypeAlias = Callable[[int], None]
"""Is told the status of an answer."""


class Pending(Protocol):
    """Something that is under way."""

    @property
    def done(self) -> bool:
        """Whether it has come about: ``confirm`` returns at once."""

    @property
    def until_s(self) -> float:
        """When to call ``confirm`` even so, by the monotonic clock."""

    def tell(self, then: Callable[[], None]) -> None:
        """Have ``then`` called, by whatever thread, once ``done`` or ``until_s`` is another."""

    def confirm(self) -> None:
        """Return once it has come about. Raises if it does not; may take its time to find out."""


class LateResponse(Response):
    """What is answered once ``pending`` has come about, or the error that ``confirm`` raises.

    ``confirm`` calls that of ``pending``. It has no request any more to look at, and what it
    raises passes no ``after_request``. It must not write a log while ``pending`` is done: then
    it may run in a server's one event loop.
    """

    def __init__(
        self, body: bytes, mimetype: str, *, pending: Pending, confirm: Callable[[], None]
    ) -> None:
        super().__init__(body, mimetype=mimetype)
        self.count: Count = _count_nothing
        self._pending = pending
        self._confirm = confirm

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> LateBody:
        """Answer as WSGI has it, but begin only when the body is asked for, as PEP 3333 allows."""
        return LateBody(self._pending, lambda: self._answer(environ, start_response))

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterator[bytes]:
        response: Response = self
        try:
            self._confirm()
        except Exception as error:
            response = errors.answer_to(error)
        self.count(response.status_code)
        yield from Response.__call__(response, environ, start_response)


class LateBody:
    """The body of a late response: who iterates over it waits, who knows it need not."""

    def __init__(self, pending: Pending, answer: Callable[[], Iterator[bytes]]) -> None:
        self.pending = pending
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer()


def _count_nothing(status: int) -> None:
    """Nobody counts."""
