"""What both embedded servers have in common: to start, answer, stop, and be killed."""

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
from deploy.embedded.errors import CannotStart

LOOK_EVERY_S = 0.02


class Server(ABC):
    """A server that keeps everything it has in one folder, ``state``.

    Either somebody else runs ``command()`` in the foreground (after ``prepare()``), or ``start()``
    does. Both ways it ends, by SIGKILL, with the process that started it.
    """

    name: str  # as people write it
    part: str  # as files and processes are named
    stop_signal: signal.Signals

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder ready. May be repeated; not while the server runs."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return what runs the server in the foreground, as whatever user it needs."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @property
    @abstractmethod
    def log(self) -> Path:
        """Where it writes when ``start()`` runs it."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether it can be used now."""

    @abstractmethod
    def remove(self) -> None:
        """Stop it and delete all its data."""

    def start(self, within_s: float = 30) -> None:
        """Prepare, run and wait until it answers. Raises ``CannotStart``."""
        self.prepare()
        self._spawn()
        self.wait_ready(within_s)

    def wait_ready(self, within_s: float = 30) -> None:
        """Return as soon as it answers, whoever runs it. Raises ``CannotStart``.

        One that we started ourselves is started anew if it ends while we wait: after a SIGKILL the
        remains of a PostgreSQL may keep its successor away for a moment.
        """
        ends_at = time.monotonic() + within_s
        while not self.answers():
            if time.monotonic() > ends_at:
                raise CannotStart(f"{self.name} does not answer.", log=self.log)
            if self._process is not None and self._process.poll() is not None:
                self._spawn()
            time.sleep(LOOK_EVERY_S)

    def stop(self, within_s: float = 10) -> None:
        """End it in an orderly way, or by SIGKILL after ``within_s``. May be repeated."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a crash would: SIGKILL, at once. ``start()`` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _spawn(self) -> None:
        # The kernel ends it with the *thread* that started it: only the main thread lives long.
        command = self.command()
        if threading.current_thread() is not threading.main_thread():
            command.remove(ENDS_WITH_PARENT)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # a list of our own
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )


ENDS_WITH_PARENT = "--if-parent-dies=SIGKILL"


def launched(program: list[str], *, user: str | None = None, bare: bool = True) -> list[str]:
    """Return what runs ``program`` so that it ends with its parent.

    ``bare``: it inherits no variable of ours, so no secret either.
    """
    options = ["--bare"] if bare else []
    options += [f"--user={user}"] if user else []
    script = [sys.executable, "-I", "-S", exec_as.__file__]
    return [*script, *options, ENDS_WITH_PARENT, "--", *program]


def delete(*folders: Path) -> None:
    """Delete folders with all they hold; what is already gone is well."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
