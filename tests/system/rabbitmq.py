"""A RabbitMQ server of its own, from Debian's package: another node, other ports, other folders."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.eventually import eventually

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
WITHIN_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitMq:
    """A running node."""

    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def control(self, *words: str) -> str:
        """Run rabbitmqctl; return what it prints."""
        return subprocess.run(
            [PROGRAMS / "rabbitmqctl", "--quiet", *words],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        ).stdout

    def accepts(self) -> bool:
        """Return whether it accepts connections."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return True
        except OSError:
            return False


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitMq]:
    """Run a node whose files are in ``folder``."""
    port, distribution, names = free_ports(3)
    settings = folder / "rabbitmq.conf"
    settings.write_text(f"listeners.tcp.local = 127.0.0.1:{port}\n", "utf-8")
    environment = os.environ | {
        "HOME": str(folder),  # for the cookie of its node
        "RABBITMQ_NODENAME": "cention-tests@localhost",
        "RABBITMQ_CONFIG_FILE": str(settings),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    with (folder / "output").open("wb") as output:
        server = subprocess.Popen(
            [PROGRAMS / "rabbitmq-server"], env=environment, stdout=output, stderr=output
        )
    node = RabbitMq(port=port, environment=environment)
    try:
        eventually(node.accepts, within_s=WITHIN_S)
        node.control("await_startup")
        yield node
    finally:
        server.terminate()
        server.wait(60)
        subprocess.run(["epmd", "-kill"], env=environment, check=False, capture_output=True)


def free_ports(count: int) -> list[int]:
    """Return ports that are free now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
