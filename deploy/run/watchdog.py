"""Supervisor, which keeps the parts alive: its configuration, its start, its end.

A part that ends is started anew at once, always. ``startsecs=0`` makes it so: with any other value
supervisor waits longer after each failure, and gives up in the end. The launcher keeps the pace.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.embedded import exec_as
from deploy.embedded.sockets import make_socket_folder
from deploy.run.processes import Part

# Together below 10 s: what is not first stops first, all at once, then the rest.
STOP_WAIT_S = 3
STOPPED_WITHIN_S = 9
LAUNCH = (sys.executable, "-I", "-S", exec_as.__file__)
GIVEN_UP = ("BACKOFF", "FATAL")

HEAD = """\
[supervisord]
nodaemon = true
silent = true
nocleanup = true
minfds = 256
minprocs = 50
logfile = %(here)s/log/supervisor.log
logfile_maxbytes = 2MB
logfile_backups = 1
pidfile = %(here)s/supervisor.pid
{user}
[unix_http_server]
file = {socket}
chmod = 0700

[supervisorctl]
serverurl = unix://{socket}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

# Signals go to a part's first process alone: a Celery pool's children, told to stop, would drop the
# task in their hands. What is left after that is killed with its whole group.
PROGRAM = """
[program:{name}]
command = {command}
autostart = {autostart}
autorestart = true
startsecs = 0
stopsignal = {stop_signal}
stopwaitsecs = {stop_wait_s}
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 3
"""

GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What supervisor knows of one part."""

    name: str  # group:part
    pid: int  # 0 while it is down
    state: str


class Supervisor:
    """One supervisor in ``var``, the child of this process."""

    def __init__(self, var: Path, parts: Sequence[Part]) -> None:
        self._var = var
        self._socket = make_socket_folder(var) / "supervisor.sock"
        self._conf = var / "supervisor.conf"
        self._parts = parts
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, lock: int) -> None:
        """Run it with the parts that are first. It holds ``lock`` open as long as it lives.

        Should we be killed, the kernel tells it to stop everything.
        """
        self._socket.unlink(missing_ok=True)
        self._conf.write_text(configuration(self._var, self._socket, self._parts), "utf-8")
        command = [*LAUNCH, "--if-parent-dies=SIGTERM", "--"]
        command += [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._conf)]
        with (self._var / "log" / "supervisor.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # a list of our own
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd=self._var.parent,
                start_new_session=True,
                pass_fds=(lock,),
            )

    def start_rest(self) -> None:
        """Run the parts that are not first."""
        self._ask("startProcessGroup", "bridge", False)

    def running(self) -> tuple[Running, ...]:
        """Return every part, an empty tuple while supervisor itself cannot be asked."""
        found = tuple(
            Running(name=f"{p['group']}:{p['name']}", pid=p["pid"], state=p["statename"])
            for p in self._ask("getAllProcessInfo") or ()
        )
        self._groups |= {part.pid for part in found if part.pid}
        self._groups = {pid for pid in self._groups if is_group(pid)}
        return found

    def answers(self) -> bool:
        """Tell whether it can be asked."""
        return bool(self.running())

    def encourage(self, running: Iterable[Running]) -> None:
        """Start again what supervisor gave up, for example because the machine had no process."""
        for part in running:
            if part.state in GIVEN_UP:
                self._ask("startProcess", part.name, False)

    @property
    def ended(self) -> bool:
        """Tell whether supervisor itself is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Stop everything in order; kill what is not gone within ``STOPPED_WITHIN_S``."""
        self.running()
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOPPED_WITHIN_S)
        self.sweep()

    def sweep(self) -> None:
        """Kill supervisor and every group of processes that it had, and remove its socket."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()
        self._socket.unlink(missing_ok=True)

    def _ask(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, HTTPException, xmlrpc.client.Error):
            return None
        finally:
            transport.close()


def configuration(var: Path, socket: Path, parts: Sequence[Part]) -> str:
    """Return supervisor's configuration. It names no secret: parts inherit those."""
    place = f"%(here)s/{socket.name}" if socket.parent == var else str(socket)
    # As root it would warn on the terminal unless it is told that this is meant.
    user = "user = root" if os.geteuid() == 0 else ""
    text = [HEAD.format(socket=place, user=user)]
    for part in parts:
        text.append(
            PROGRAM.format(
                name=part.name,
                command=" ".join(quoted(word) for word in paced(part, var)),
                autostart=str(part.first).lower(),
                stop_signal=part.stop_signal,
                stop_wait_s=STOP_WAIT_S,
                # Relative, as supervisor would read a "%" in it as its own.
                logs=Path(var.name, "log"),
            )
        )
    for priority, (group, first) in enumerate((("servers", True), ("bridge", False)), start=1):
        programs = ",".join(part.name for part in parts if part.first is first)
        if programs:
            text.append(GROUP.format(name=group, programs=programs, priority=priority))
    return "".join(text)


def paced(part: Part, var: Path) -> tuple[str, ...]:
    return (*LAUNCH, f"--paced-by={var / 'starts' / part.name}", "--", *part.command)


def quoted(word: str) -> str:
    """Quote for supervisor, which splits as a shell does, but first sees comments and ``%``."""
    text = shlex.quote(word)
    for mark in "#;":
        text = text.replace(f" {mark}", f" ''{mark}")
    return text.replace("%", "%%")


def is_group(pid: int) -> bool:
    """Tell whether processes of the group ``pid`` are left."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
