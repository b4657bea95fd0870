"""Ports of this machine: the wished-for one, or any that is free."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import dataclass

from deploy.embedded import CannotStart

RECEIVER_PORT = 8000
SANDBOX_PORT = 8001
LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "[::]", "")  # noqa: S104  # what a user may have asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a web server of ours listens."""

    host: str
    port: int

    @property
    def bind(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """How it is reached from this machine."""
        return f"http://{LOOPBACK if self.host in EVERYWHERE else self.host}:{self.port}"


def choose_addresses(receiver: str | None) -> tuple[Address, Address]:
    """Return addresses for the receiver and the sandbox that nobody uses.

    ``receiver`` (host:port) is taken at its word; its port 0 is any free one, for both.
    Raises ``CannotStart`` if it is no address, or taken.
    """
    wanted = read_address(receiver) if receiver else None
    near = SANDBOX_PORT if wanted is None or wanted.port else 0
    first = reserve(wanted) if wanted else reserve_near(RECEIVER_PORT)
    with closing(first), closing(reserve_near(near)) as second:
        return (
            Address(host=wanted.host if wanted else LOOPBACK, port=first.getsockname()[1]),
            Address(host=LOOPBACK, port=second.getsockname()[1]),
        )


def read_address(text: str) -> Address:
    host, _, port = text.strip().rpartition(":")
    if not port.isdecimal() or int(port) >= 65536:
        raise CannotStart(
            f'RECEIVER_BIND is "{text}", which is no address.',
            remedy="Write it as host:port, for example 127.0.0.1:8000.",
        )
    return Address(host=host, port=int(port))


def reserve(wanted: Address) -> socket.socket:
    try:
        return bound(wanted.host.strip("[]"), wanted.port)
    except OSError as error:
        raise CannotStart(
            f"The receiver cannot listen on {wanted.bind}: {error.strerror}.",
            remedy="Stop what uses that address, or set RECEIVER_BIND to another.",
        ) from error


def reserve_near(port: int) -> socket.socket:
    try:
        return bound(LOOPBACK, port)
    except OSError:
        return bound(LOOPBACK, 0)


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound there; as servers do, it passes over connections that are ending."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(1)
    except OSError:
        taken.close()
        raise
    return taken
