"""The base class of the embedded servers: start, readiness, stop, kill."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path

from deploy.embedded import exec_as
from deploy.embedded.errors import StartupError

POLL_EVERY_S = 0.02


class Server(ABC):
    """A server with all its files in one folder, ``state``.

    Call ``start()``, or call ``prepare()`` and let another process run ``command()`` in the
    foreground. Either way the kernel kills the server when the process that started it ends.
    """

    name: str  # for messages
    process_name: str  # for processes and log files
    stop_signal: signal.Signals

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Create what the server needs in its folder. Idempotent; not while the server runs."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground, as the right user."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for clients."""

    @property
    @abstractmethod
    def log(self) -> Path:
        """The log file of a server run by ``start()``."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server accepts clients now."""

    @abstractmethod
    def remove(self) -> None:
        """Stop the server and delete all its data."""

    def start(self, within_s: float = 30) -> None:
        """Prepare and run the server, and wait until it is ready. Raises ``StartupError``."""
        self.prepare()
        self._spawn()
        self.wait_ready(within_s)

    def wait_ready(self, within_s: float = 30) -> None:
        """Wait until the server is ready, whichever process runs it. Raises ``StartupError``.

        A server run by ``start()`` is started again if it ends meanwhile: after a SIGKILL, what is
        left of a PostgreSQL can block its successor for a moment.
        """
        ends_at = time.monotonic() + within_s
        while not self.is_ready():
            if time.monotonic() > ends_at:
                raise StartupError(f"{self.name} does not answer.", log=self.log)
            if self._process is not None and self._process.poll() is not None:
                self._spawn()
            time.sleep(POLL_EVERY_S)

    def stop(self, within_s: float = 10) -> None:
        """Stop the server, by SIGKILL after ``within_s`` seconds. Idempotent."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would. ``start()`` runs it again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _spawn(self) -> None:
        # The kernel ties it to the *thread* that started it, so only the main thread may do that.
        command = self.command()
        if threading.current_thread() is not threading.main_thread():
            command.remove(ENDS_WITH_PARENT)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # a fixed program
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )


ENDS_WITH_PARENT = "--if-parent-dies=SIGKILL"


def exec_as_command(
    program: list[str], *, user: str | None = None, group: int | None = None, bare: bool = True
) -> list[str]:
    """Return the command that runs ``program`` as ``user`` and ends it with its parent.

    ``group`` is the group id of the program, instead of that of ``user``.

    With ``bare`` the program inherits no setting of the bridge, and so no secret.
    """
    options = ["--bare"] if bare else []
    options += [f"--user={user}"] if user else []
    options += [f"--group={group}"] if user and group is not None else []
    script = [sys.executable, "-I", "-S", exec_as.__file__]
    return [*script, *options, ENDS_WITH_PARENT, "--", *program]


def delete(*folders: Path) -> None:
    """Delete folders with their contents; missing folders are ignored."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
