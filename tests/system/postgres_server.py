"""PostgreSQL servers of other versions than the embedded one, from Debian and from npm."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from deploy.embedded.server import exec_as_command
from tests.support.eventually import eventually
from tests.system.debian import PACKAGES

INSTALLED = Path(__file__).parents[2] / ".venv" / "postgres-servers" / "node_modules"
COMPLETE = ".package-lock.json"  # which npm writes last
DEBIAN = "15"
FROM_NPM = ("14", "16", "17")
USER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses root
NO_DURABILITY = {"fsync": "off", "full_page_writes": "off"}
WITHIN_S = 120.0  # on a busy machine; a second or two on an idle one


class NotInstalled(Exception):
    """There is no server of this version; the text says what to do."""


def programs_of(version: str, folder: Path) -> Path:
    """Return the folder of a version's programs, which every user can enter.

    Those from npm are copied into ``folder``. Raises ``NotInstalled``.
    """
    if version == DEBIAN:
        program = PACKAGES[f"postgresql-{DEBIAN}"]
        if not program.exists():
            raise NotInstalled(f"PostgreSQL {version}: sudo apt-get install postgresql-{DEBIAN}")
        return program.parent
    package = INSTALLED / f"postgres-{version}"
    if not (INSTALLED / COMPLETE).exists():
        raise NotInstalled(
            f"PostgreSQL {version}: npm is missing, or did not reach its registry;"
            " see to it, then run make check-system"
        )
    copy = folder / f"programs-{version}"
    shutil.copytree(package / "native", copy / "native", ignore=shutil.ignore_patterns("*.a"))
    # The registry's archives have no links.
    for link in json.loads((copy / "native" / "pg-symlinks.json").read_text("utf-8")):
        target = copy / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(Path(link["source"]).name)
    for program in (copy / "native" / "bin").iterdir():
        program.chmod(0o755)
    return copy / "native" / "bin"


class Server:
    """One server with its data in ``folder``, which ends with this process."""

    def __init__(
        self, programs: Path, folder: Path, *, sockets: Path, port: int, **settings: str
    ) -> None:
        self._programs, self.folder, self.sockets, self.port = programs, folder, sockets, port
        self._settings = {
            "port": str(port),
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "max_connections": "200",
        } | settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket_url(self) -> str:
        """The URL of the superuser in the database ``postgres``."""
        return f"postgresql://cention@/postgres?host={self.sockets}&port={self.port}"

    def initialise(self, hba: str) -> None:
        """Make an empty cluster with its rules of access."""
        self.own_folder()
        self.run(
            "initdb", f"--pgdata={self.data}", "--username=cention", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        (self.data / "pg_hba.conf").write_text(hba, "utf-8")

    def own_folder(self) -> None:
        """Make the folders of data and sockets, which belong to the server's user."""
        for path in (self.folder, self.sockets):
            path.mkdir(parents=True, exist_ok=True)
            give(path)

    def run(self, program: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
        """Run one of the programs to its end."""
        done = subprocess.run(
            exec_as_command([str(self._programs / program), *words], user=USER, bare=False),
            env=os.environ | {"HOME": str(self.folder)} | (environment or {}),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self.data)]
        command += [
            word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                exec_as_command(command, user=USER), cwd="/", stdout=log, stderr=log
            )
        eventually(self.answers, within_s=WITHIN_S)

    def answers(self) -> bool:
        """Return whether it accepts a connection."""
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text("utf-8")
        try:
            psycopg.connect(self.socket_url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def end(self, signum: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT closes all sessions, SIGKILL is a crash."""
        if self._process is not None:
            self._process.send_signal(signum)
            self._process.wait(60)
            self._process = None


def give(path: Path) -> None:
    """Make the server's user the owner of a file or folder."""
    if USER is not None:
        account = pwd.getpwnam(USER)
        os.chown(path, account.pw_uid, account.pw_gid)
