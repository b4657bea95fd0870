"""The socket of a connection as gunicorn's protocol sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from receiver.connection_limits import Connection


class GuardedTransport:
    """The socket as gunicorn's protocol sees it, except that gunicorn's own errors are replaced.

    They are plain text that may quote the request; error documents take their place. Where
    gunicorn closes, the connection lingers; when to read is the connection's affair.
    """

    def __init__(self, transport: Any, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection
        names = ("peername", "sockname", "ssl_object")  # a closed socket could not say them
        self._extra_info = {name: transport.get_extra_info(name) for name in names}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what was known of the socket when the connection was made."""
        return self._extra_info.get(name, default)

    def write(self, data: bytes) -> None:
        """Send the application's answer and ``100 Continue``; replace refusals."""
        if self._connection.may_write or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        elif data.startswith(b"HTTP/1.1 "):
            self._connection.refuse(int(data[9:12]))

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Send a part of the application's answer."""
        if self._connection.may_write:
            self._transport.writelines(pieces)

    def pause_reading(self) -> None:
        """Leave this to the connection."""

    def resume_reading(self) -> None:
        """Leave this to the connection."""

    def write_eof(self) -> None:
        """Leave this to ``close``."""

    def close(self) -> None:
        """End the connection so that its sender sees the last answer."""
        self._connection.linger()
