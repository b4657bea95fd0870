"""The embedded PostgreSQL: durable, on a Unix socket only, never run as root."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from deploy.embedded.data_dir import DataDir
from deploy.embedded.errors import StartupError
from deploy.embedded.server import Server, delete, exec_as_command
from deploy.embedded.sockets import make_socket_folder, socket_folder

ROLE = "cention"
DATABASE = "cention"


class Postgres(Server):
    """A PostgreSQL server. Only the owner of its socket folder, and root, can connect.

    Started by root, it runs as ``user``. If that user cannot enter ``state``, ``state`` becomes a
    link to a folder that the user can enter; modes of existing folders do not change.
    """

    name = "PostgreSQL"
    process_name = "postgres"
    # SIGTERM would wait until every client has disconnected.
    stop_signal = signal.SIGINT

    def __init__(
        self, state: Path, *, settings: Mapping[str, str] | None = None, user: str = "nobody"
    ) -> None:
        """``settings`` are further settings of postgresql.conf, such as ``max_connections``."""
        super().__init__(state)
        self._settings = dict(settings or {})
        self._data_dir = DataDir(self.state, user=user if os.geteuid() == 0 else None)

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the URL of a database on this server; it need not exist."""
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self.sockets))}"

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
        remove_stale_lock(self.data / "postmaster.pid")
        remove_stale_lock(self.sockets / ".s.PGSQL.5432.lock")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            # One sync for all files after a crash: one sync per file took 4 s on a busy disk.
            "recovery_init_sync_method": "syncfs",
        } | self._settings
        program = [str(self._data_dir.program("postgres")), "-D", str(self.data)]
        for setting, value in settings.items():
            program += ["-c", f"{setting}={value}"]
        return exec_as_command(program, user=self._data_dir.user)

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
        options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"]
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        self._run("initdb", "--pgdata", str(draft), *options)
        draft.rename(self.data)

    def _create_database(self) -> None:
        try:
            self._run("createdb", "--host", str(self.sockets), "--username", ROLE, DATABASE)
        except StartupError as error:
            if "already exists" not in str(error):
                raise

    def _run(self, name: str, *arguments: str) -> None:
        program = [str(self._data_dir.program(name)), *arguments]
        done = subprocess.run(  # noqa: S603  # a list of our own
            exec_as_command(program, user=self._data_dir.user),
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
