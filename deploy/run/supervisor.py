"""Supervisor, which keeps the processes running: its configuration, start and stop.

A process that ends is always started again at once. That needs ``startsecs=0``: with any other
value supervisor waits longer after each failure, and finally gives up. ``exec_as`` limits the pace.
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
from deploy.embedded.server import ENDS_WITH_PARENT
from deploy.embedded.sockets import make_socket_folder
from deploy.run.processes import ProcessSpec

# The processes stop in two steps, the bridge and then the servers; together below 10 s.
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

# The stop signal goes to the main process only: the children of a Celery pool would drop their
# current task at it. What is left after the wait is killed with its whole process group.
PROGRAM = """
[program:{name}]
command = {command}
autostart = {autostart}
autorestart = {autorestart}
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
class ProcessState:
    """The state of one process, from supervisor."""

    name: str  # group:process
    pid: int  # 0 while it is down
    state: str


class Supervisor:
    """A supervisor in ``var``, as a child of this process."""

    def __init__(self, var: Path, process_specs: Sequence[ProcessSpec]) -> None:
        self._var = var
        self._socket = make_socket_folder(var) / "supervisor.sock"
        self._conf = var / "supervisor.conf"
        self._specs = process_specs
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, lock: int) -> None:
        """Run supervisor with the processes that start first. It keeps ``lock`` open.

        If this process is killed, the kernel sends SIGTERM to supervisor, which stops everything.
        """
        self._socket.unlink(missing_ok=True)
        self._conf.write_text(configuration(self._var, self._socket, self._specs), "utf-8")
        command = [*LAUNCH, "--supervisor", "--if-parent-dies=SIGTERM", "--"]
        command += [sys.executable, "-I", "-m", "supervisor.supervisord", "-c", str(self._conf)]
        with (self._var / "log" / "supervisor.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # a fixed program
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd=self._var.parent,
                env={**os.environ, exec_as.SUPERVISOR_PID: str(os.getpid())},
                start_new_session=True,
                pass_fds=(lock,),
            )

    def start_rest(self) -> None:
        """Run the other processes."""
        self._call("startProcessGroup", "bridge", False)

    def running(self) -> tuple[ProcessState, ...]:
        """Return the state of every process; an empty tuple while supervisor does not answer."""
        found = tuple(
            ProcessState(name=f"{p['group']}:{p['name']}", pid=p["pid"], state=p["statename"])
            for p in self._call("getAllProcessInfo") or ()
        )
        self._groups |= {process.pid for process in found if process.pid}
        self._groups = {pid for pid in self._groups if is_group(pid)}
        return found

    def is_ready(self) -> bool:
        """Return whether supervisor answers."""
        return bool(self.running())

    def restart_given_up(self, running: Iterable[ProcessState]) -> None:
        """Start the processes that supervisor gave up, for example when fork failed."""
        for process in running:
            if process.state in GIVEN_UP:
                self._call("startProcess", process.name, False)

    @property
    def ended(self) -> bool:
        """Whether supervisor is not running."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Stop everything in order; kill what still runs after ``STOPPED_WITHIN_S``."""
        self.running()
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOPPED_WITHIN_S)
        self.kill_all()

    def kill_all(self) -> None:
        """Kill supervisor and all its process groups, and remove its socket."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()
        self._socket.unlink(missing_ok=True)

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, HTTPException, xmlrpc.client.Error):
            return None
        finally:
            transport.close()


def configuration(var: Path, socket: Path, process_specs: Sequence[ProcessSpec]) -> str:
    """Return supervisor's configuration. It contains no secret; processes inherit those."""
    socket_path = f"%(here)s/{socket.name}" if socket.parent == var else str(socket)
    # Without this line, a supervisor of root prints a warning.
    user = "user = root" if os.geteuid() == 0 else ""
    text = [HEAD.format(socket=socket_path, user=user)]
    for process in process_specs:
        text.append(
            PROGRAM.format(
                name=process.name,
                command=" ".join(quoted(word) for word in with_start_delay(process, var)),
                autostart=str(process.first).lower(),
                autorestart="unexpected" if process.ends else "true",
                stop_signal=process.stop_signal,
                stop_wait_s=STOP_WAIT_S,
                # Relative, because supervisor would expand a "%" in an absolute path.
                logs=Path(var.name, "log"),
            )
        )
    for priority, (group, first) in enumerate((("servers", True), ("bridge", False)), start=1):
        programs = ",".join(process.name for process in process_specs if process.first is first)
        if programs:
            text.append(GROUP.format(name=group, programs=programs, priority=priority))
    return "".join(text)


def with_start_delay(process: ProcessSpec, var: Path) -> tuple[str, ...]:
    last_start = f"--paced-by={var / 'starts' / process.name}"
    return (*LAUNCH, last_start, ENDS_WITH_PARENT, "--", *process.command)


def quoted(word: str) -> str:
    """Quote ``word`` for supervisor, which splits like a shell after comments and ``%``."""
    text = shlex.quote(word)
    for mark in "#;":
        text = text.replace(f" {mark}", f" ''{mark}")
    return text.replace("%", "%%")


def is_group(pid: int) -> bool:
    """Return whether the process group ``pid`` has a process."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
