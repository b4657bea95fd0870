"""Chooses addresses for the receiver and the sandbox: the requested port, or any free one."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import dataclass

from deploy.embedded import StartupError
from deploy.embedded.ports import LOOPBACK, listening_socket, reserve_or_any

RECEIVER_PORT = 8000
SANDBOX_PORT = 8001
WILDCARD_HOSTS = ("0.0.0.0", "[::]", "")  # noqa: S104  # values of RECEIVER_BIND


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address on which a web server listens."""

    host: str
    port: int

    @property
    def bind(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL of the server on this machine."""
        return f"http://{LOOPBACK if self.host in WILDCARD_HOSTS else self.host}:{self.port}"


def choose_addresses(receiver: str | None) -> tuple[Address, Address]:
    """Return free addresses for the receiver and the sandbox.

    ``receiver`` (host:port) is the requested address; port 0 means any free port, for both.
    Raises ``StartupError`` if it is not an address, or is in use.
    """
    wanted = read_address(receiver) if receiver else None
    near = SANDBOX_PORT if wanted is None or wanted.port else 0
    first = reserve(wanted) if wanted else reserve_or_any(RECEIVER_PORT)
    with closing(first), closing(reserve_or_any(near)) as second:
        return (
            Address(host=wanted.host if wanted else LOOPBACK, port=first.getsockname()[1]),
            Address(host=LOOPBACK, port=second.getsockname()[1]),
        )


def read_address(text: str) -> Address:
    host, _, port = text.strip().rpartition(":")
    if not port.isdecimal() or int(port) >= 65536:
        raise StartupError(
            f'RECEIVER_BIND is "{text}", which is not an address.',
            remedy="Write it as host:port, for example 127.0.0.1:8000.",
        )
    return Address(host=host, port=int(port))


def reserve(wanted: Address) -> socket.socket:
    try:
        return listening_socket(wanted.host.strip("[]"), wanted.port)
    except OSError as error:
        raise StartupError(
            f"The receiver cannot listen on {wanted.bind}: {error.strerror}.",
            remedy="Stop the program that uses that address, or set RECEIVER_BIND to another one.",
        ) from error
