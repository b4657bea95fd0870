"""Free ports of this machine."""

from __future__ import annotations

import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"


def choose_port(wanted: int = 0) -> int:
    """Return ``wanted`` if that port of loopback is free, else any free port."""
    with closing(reserve_or_any(wanted)) as found:
        return int(found.getsockname()[1])


def reserve_or_any(port: int) -> socket.socket:
    try:
        return listening_socket(LOOPBACK, port)
    except OSError:
        return listening_socket(LOOPBACK, 0)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on ``host`` and ``port``. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        # As servers do: connections in TIME_WAIT do not block the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener
