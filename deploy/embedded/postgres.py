"""The embedded PostgreSQL: durable as by default, on a Unix socket only, never run as root."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from deploy.embedded.data_dir import Home
from deploy.embedded.errors import CannotStart
from deploy.embedded.server import Server, delete, launched
from deploy.embedded.sockets import make_socket_folder, socket_folder

ROLE = "cention"
DATABASE = "cention"


class Postgres(Server):
    """A PostgreSQL for whoever may enter its socket folder: its owner, and root.

    As root it runs as ``user``, who cannot enter every folder: then ``state`` becomes a link to a
    folder that this user can reach, and no mode of an existing folder is changed.
    """

    name = "PostgreSQL"
    part = "postgres"
    # SIGTERM would wait for every client to leave.
    stop_signal = signal.SIGINT

    def __init__(
        self, state: Path, *, settings: Mapping[str, str] | None = None, user: str = "nobody"
    ) -> None:
        """``settings`` are further ones of postgresql.conf, for example ``max_connections``."""
        super().__init__(state)
        self._settings = dict(settings or {})
        self._home = Home(self.state, user=user if os.geteuid() == 0 else None)

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database on this server, whether it exists or not."""
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self.sockets))}"

    @property
    def sockets(self) -> Path:
        """The folder of its socket."""
        return socket_folder(self._home.place / "socket")

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._home.place / "data"

    @property
    def log(self) -> Path:
        return self._home.place / "postgres.log"

    def prepare(self) -> None:
        """Make the cluster if there is none yet. Raises ``CannotStart``."""
        self._home.make()
        sockets = make_socket_folder(self._home.place / "socket", owner=self._home.owner)
        self._home.give(sockets)
        if not self.data.exists():
            self._initialise()
        self._check_version()
        forget_stranger(self.data / "postmaster.pid")
        forget_stranger(self.sockets / ".s.PGSQL.5432.lock")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            # After a crash, one call for all files: one for each took 4 s on a busy disk.
            "recovery_init_sync_method": "syncfs",
        } | self._settings
        program = [str(self._home.program("postgres")), "-D", str(self.data)]
        for setting, value in settings.items():
            program += ["-c", f"{setting}={value}"]
        return launched(program, user=self._home.user)

    def answers(self) -> bool:
        """Tell whether the database ``cention`` can be used; makes it if it is missing."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if f'database "{DATABASE}" does not exist' in str(error):
                self._create_database()
            return False
        return True

    def remove(self) -> None:
        self.stop()
        delete(self.sockets, self._home.place)
        self._home.forget()

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there: so it is whole, or not there."""
        draft = self._home.place / "data.new"
        delete(draft)
        draft.mkdir(mode=0o700)
        self._home.give(draft)
        options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"]
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        self._run("initdb", "--pgdata", str(draft), *options)
        draft.rename(self.data)

    def _create_database(self) -> None:
        try:
            self._run("createdb", "--host", str(self.sockets), "--username", ROLE, DATABASE)
        except CannotStart as error:
            if "already exists" not in str(error):
                raise

    def _run(self, name: str, *arguments: str) -> None:
        program = [str(self._home.program(name)), *arguments]
        done = subprocess.run(  # noqa: S603  # a list of our own
            launched(program, user=self._home.user), cwd="/", capture_output=True, text=True
        )
        if done.returncode != 0:
            raise CannotStart(
                f"{name} failed: {(done.stderr or done.stdout).strip()}",
                remedy=f"Is there room and permission to write in {self._home.place}?",
            )

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text("ascii").strip()
        if found != self._home.major_version:
            raise CannotStart(
                f"The data in {self.data} are of PostgreSQL {found}, the server is "
                f"{self._home.major_version}.",
                remedy="Move them with pg_dump of the old version, or move the folder away.",
            )


def forget_stranger(lock: Path) -> None:
    """Remove a lock file whose process number now belongs to something else than PostgreSQL.

    A crash leaves the lock; after a reboot the number may be anybody's, and PostgreSQL would
    refuse to start for ever.
    """
    try:
        pid = abs(int(lock.read_text("ascii").split()[0]))
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError, IndexError):
        return
    if not program.endswith(b"postgres") and not program.startswith(b"postgres:"):
        lock.unlink()
