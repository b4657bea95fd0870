"""The embedded PostgreSQL: durable, never run as root, and closed to other local users."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.embedded.data_dir import DataDir
from deploy.embedded.errors import StartupError
from deploy.embedded.ports import LOOPBACK, choose_port
from deploy.embedded.server import Server, delete, exec_as_command
from deploy.embedded.sockets import make_socket_folder, socket_folder

ROLE = "cention"
DATABASE = "cention"
SOCKET_PORT = 5432  # which names the socket of a server without TCP
TCP_PORT = 8003  # beside those of receiver, sandbox and web face
# The kernel says who is at the other end of a socket; whoever comes by TCP needs a password.
HBA = """\
local all all peer map=bridge
host all all 127.0.0.1/32 scram-sha-256
"""


class Postgres(Server):
    """A PostgreSQL server. Without a password only the current user, and root, can connect.

    With ``tcp`` it also listens on a port of loopback, the same on each start if it is free; there
    every role needs its password. Started by root, it runs as ``user``. If that user cannot enter
    ``state``, ``state`` becomes a link to a folder that the user can enter.
    """

    name = "PostgreSQL"
    process_name = "postgres"
    # SIGTERM would wait until every client has disconnected.
    stop_signal = signal.SIGINT

    def __init__(
        self,
        state: Path,
        *,
        settings: Mapping[str, str] | None = None,
        user: str = "nobody",
        tcp: bool = False,
    ) -> None:
        """``settings`` are further settings of postgresql.conf, such as ``max_connections``."""
        super().__init__(state)
        self._settings = dict(settings or {})
        self._tcp = tcp
        self._data_dir = DataDir(self.state, user=user if os.geteuid() == 0 else None)

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the URL of a database on this server; it need not exist."""
        port = "" if self.port == SOCKET_PORT else f"&port={self.port}"
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self.sockets))}{port}"

    @property
    def port(self) -> int:
        """The TCP port, which is also in the name of the socket; 5432 without TCP."""
        try:
            return int(self._port_file.read_text("ascii"))
        except FileNotFoundError:
            return SOCKET_PORT

    @property
    def known_port(self) -> int | None:
        """The TCP port of the last start; ``None`` before the first."""
        return self.port if self._port_file.exists() else None

    @property
    def _port_file(self) -> Path:
        return self._data_dir.path / "port"

    @property
    def sockets(self) -> Path:
        """The folder of the socket."""
        return socket_folder(self._data_dir.path / "socket")

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._data_dir.path / "data"

    @property
    def log(self) -> Path:
        return self._data_dir.path / "postgres.log"

    def prepare(self) -> None:
        """Create the cluster unless it exists. Raises ``StartupError``."""
        self._data_dir.make()
        sockets = make_socket_folder(self._data_dir.path / "socket", owner=self._data_dir.owner)
        self._data_dir.give_to_user(sockets)
        if not self.data.exists():
            self._initialise()
        self._check_version()
        self._write_authentication()
        remove_stale_lock(self.data / "postmaster.pid")
        for lock in self.sockets.glob(".s.PGSQL.*.lock"):
            remove_stale_lock(lock)
        if self._tcp:
            wanted = self.port if self._port_file.exists() else TCP_PORT
            self._port_file.write_text(str(choose_port(wanted)), "ascii")
        else:
            self._port_file.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK if self._tcp else "",
            "port": str(self.port),
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            # One sync for all files after a crash: one sync per file took 4 s on a busy disk.
            "recovery_init_sync_method": "syncfs",
        } | self._settings
        program = [str(self._data_dir.program("postgres")), "-D", str(self.data)]
        for setting, value in settings.items():
            program += ["-c", f"{setting}={value}"]
        return self._as_user(program)

    def is_ready(self) -> bool:
        """Return whether the database ``cention`` accepts connections; create it if missing."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if f'database "{DATABASE}" does not exist' in str(error):
                self._create_database()
            return False
        return True

    def remove(self) -> None:
        self.stop()
        delete(self.sockets, self._data_dir.path)
        self._data_dir.remove_link()

    def _initialise(self) -> None:
        """Create the cluster in a draft folder and rename it, so that it is complete or absent."""
        draft = self._data_dir.path / "data.new"
        delete(draft)
        draft.mkdir(mode=0o700)
        self._data_dir.give_to_user(draft)
        options = ["--username", ROLE, "--auth-local", "peer", "--auth-host", "reject"]
        options += ["--encoding", "UTF8", "--no-instructions"]
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        self._run("initdb", "--pgdata", str(draft), *options)
        draft.rename(self.data)

    def _create_database(self) -> None:
        with (
            contextlib.suppress(psycopg.OperationalError, psycopg.errors.DuplicateDatabase),
            psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=2) as conn,
        ):
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _write_authentication(self) -> None:
        """Write who may connect and how, also over what an earlier version has written."""
        names = dict.fromkeys((pwd.getpwuid(os.geteuid()).pw_name, "root"))
        maps = "".join(f'bridge "{name}" all\n' for name in names)
        for name, text in {"pg_hba.conf": HBA, "pg_ident.conf": maps}.items():
            file = self.data / name
            file.write_text(text, "utf-8")
            self._data_dir.give_to_user(file)

    def _as_user(self, program: list[str]) -> list[str]:
        return exec_as_command(program, user=self._data_dir.user, group=self._data_dir.group)

    def _run(self, name: str, *arguments: str) -> None:
        program = [str(self._data_dir.program(name)), *arguments]
        done = subprocess.run(  # noqa: S603  # a list of our own
            self._as_user(program),
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise StartupError(
                f"{name} failed: {(done.stderr or done.stdout).strip()}",
                remedy=f"Check the free space of {self._data_dir.path} and its permissions.",
            )

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text("ascii").strip()
        if found != self._data_dir.major_version:
            raise StartupError(
                f"The data in {self.data} belong to PostgreSQL {found}, but the server is version "
                f"{self._data_dir.major_version}.",
                remedy="Move the data with pg_dump of the old version, or move the folder away.",
            )


def remove_stale_lock(lock: Path) -> None:
    """Remove a lock file if the process it names is not PostgreSQL.

    A crash leaves the lock file. After a reboot another program may have the same process id, and
    PostgreSQL would then refuse to start.
    """
    try:
        pid = abs(int(lock.read_text("ascii").split()[0]))
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError, IndexError):
        return
    if not program.endswith(b"postgres") and not program.startswith(b"postgres:"):
        lock.unlink()
