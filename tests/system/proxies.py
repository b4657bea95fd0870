"""The proxies of deploy/proxies with a certificate of a test, and nginx before a receiver."""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Certificates
from tests.support.eventually import eventually
from tests.system.debian import PACKAGES

PROXIES = Path(__file__).parents[2] / "deploy" / "proxies"
HOST = "cention-bridge.example.com"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders of nginx
RECEIVERS = ("127.0.0.1:8000", "127.0.0.1:8001")


def naming(made: Certificates, text: str) -> str:
    """Return a configuration that names the files of a certificate."""
    text = re.sub(r"/etc/\w+/tls/cention-bridge\.crt", str(made.certificate), text)
    return re.sub(r"/etc/\w+/tls/cention-bridge\.key", str(made.key), text)


class Connection(http.client.HTTPConnection):
    """A connection by TLS to nginx, which listens on a Unix socket: no port can be taken."""

    def __init__(self, path: Path, authority: Path) -> None:
        super().__init__(HOST, timeout=60)
        self._path = path
        self._context = ssl.create_default_context(cafile=authority)

    def connect(self) -> None:
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(60)
            plain.connect(str(self._path))
            self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """nginx with the file of deploy/proxies, as its command and where it listens."""

    folder: Path
    certificate: Certificates

    @property
    def socket(self) -> Path:
        return self.folder / "nginx.sock"

    def command(self, *receivers: str) -> list[str | Path]:
        """Return the command of nginx before ``receivers``; its files are in ``folder``."""
        site = naming(self.certificate, (PROXIES / "nginx.conf").read_text("utf-8"))
        site = site.replace("listen 443 ssl;", f"listen unix:{self.socket} ssl;")
        for there, here in zip(RECEIVERS, receivers, strict=bool(receivers)):
            site = site.replace(there, here)
        (self.folder / "site.conf").write_text(site, "utf-8")
        folders = [f"{name}_temp_path {self.folder}/{name};" for name in TEMPORARY]
        own = ["access_log off;", *folders, f"include {self.folder}/site.conf;"]
        lines = [
            *(["user root root;"] if os.geteuid() == 0 else []),
            *("daemon off;", f"pid {self.folder}/pid;", f"error_log {self.folder}/error.log;"),
            *("events {}", "http {", *own, "}"),
        ]
        (self.folder / "nginx.conf").write_text("\n".join(lines), "utf-8")
        return [PACKAGES["nginx"], "-e", "stderr", "-c", self.folder / "nginx.conf"]

    def connection(self) -> Connection:
        return Connection(self.socket, self.certificate.authority)

    def accepts(self) -> bool:
        """Return whether it accepts connections."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(self.socket))
            return True
        return False

    @contextmanager
    def running(self, *receivers: str) -> Iterator[None]:
        """Run it before ``receivers``."""
        process = subprocess.Popen(self.command(*receivers))
        try:
            eventually(self.accepts)
            yield
        finally:
            process.terminate()
            process.wait(30)
