"""Chooses addresses for the receiver and the sandbox: the requested port, or any free one."""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextlib import ExitStack, closing
from dataclasses import dataclass

from deploy.embedded import StartupError
from deploy.embedded.ports import LOOPBACK, listening_socket, reserve_or_any

RECEIVER_PORT = 8000
SANDBOX_PORT = 8001
WEB_PORT = 8002
EXAMPLES = {
    "RECEIVER_BIND": f"{LOOPBACK}:{RECEIVER_PORT}",
    "METRICS_BIND": f"{LOOPBACK}:9180",
    "WEB_BIND": f"{LOOPBACK}:{WEB_PORT}",
}
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


def choose_addresses(receiver: str | None, metrics: str | None) -> tuple[Address, Address]:
    """Return free addresses for the receiver and the sandbox, neither of them ``metrics``.

    ``receiver`` (host:port) is the requested address; port 0 means any free port, for both.
    ``metrics`` is METRICS_BIND: host:port, or a Unix socket, which takes no port.
    Raises ``StartupError`` if one of them is not an address, or is in use.
    """
    wanted = read_address("RECEIVER_BIND", receiver) if receiver else None
    near = SANDBOX_PORT if wanted is None or wanted.port else 0
    with ExitStack() as reserved:
        if metrics and not metrics.startswith("unix:"):
            reserved.enter_context(reserve("METRICS_BIND", read_address("METRICS_BIND", metrics)))
        first = reserved.enter_context(
            reserve("RECEIVER_BIND", wanted) if wanted else reserve_or_any(RECEIVER_PORT)
        )
        second = reserved.enter_context(reserve_or_any(near))
        return (
            Address(host=wanted.host if wanted else LOOPBACK, port=first.getsockname()[1]),
            Address(host=LOOPBACK, port=second.getsockname()[1]),
        )


def choose_web_address(bind: str | None, *, taken: Collection[int | None]) -> Address:
    """Return an address for the web face: the requested one, or another port of its host.

    Ports of ``taken`` are not free, though nobody may listen there yet.
    Raises ``StartupError`` if ``bind`` is not an address, or the host not one of this machine.
    """
    wanted = read_address("WEB_BIND", bind) if bind else Address(host=LOOPBACK, port=WEB_PORT)
    host = wanted.host.strip("[]")
    if wanted.port not in taken:
        try:
            with closing(listening_socket(host, wanted.port)) as found:
                return Address(host=wanted.host, port=found.getsockname()[1])
        except OSError:
            pass  # in use, or not an address of this machine, which the next says
    with closing(reserve("WEB_BIND", Address(host=wanted.host, port=0))) as found:
        return Address(host=wanted.host, port=found.getsockname()[1])


def read_address(name: str, text: str) -> Address:
    """Return the address that the variable ``name`` has. Raises ``StartupError``."""
    host, _, port = text.strip().rpartition(":")
    if not port.isdecimal() or int(port) >= 65536:
        raise StartupError(
            f'{name} is "{text}", which is not an address.',
            remedy=f"Write it as host:port, for example {EXAMPLES[name]}.",
        )
    return Address(host=host, port=int(port))


def reserve(name: str, wanted: Address) -> socket.socket:
    """Return a socket that listens where the variable ``name`` says. Raises ``StartupError``."""
    try:
        return listening_socket(wanted.host.strip("[]"), wanted.port)
    except OSError as error:
        raise StartupError(
            f"The receiver cannot listen on {wanted.bind}: {error.strerror}.",
            remedy=f"Stop the program that uses that address, or set {name} to another one.",
        ) from error
