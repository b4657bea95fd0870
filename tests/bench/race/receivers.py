"""The second discipline: callbacks are accepted, durable before the answer."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod

from tests.bench.load import drive
from tests.bench.race import install
from tests.bench.race.bridge import TITLE, Bridge
from tests.bench.race.report import Result, result_of
from tests.bench.race.trial import ROOT, SECRET, RaceServers, Trial
from tests.bench.servers import answers, free_port, wait_until
from tests.bench.usage import measured

WARM_UP, FIRST = 10_000_000, 20_000_000  # numbers of the first errands
PEERS = "tests.bench.race.peers"
GTHREAD = ("--workers", "2", "--worker-class", "gthread", "--threads", "8")
CREATE = """
CREATE SCHEMA race;
CREATE TABLE race.callback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    remote_id bigint NOT NULL,
    event bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    document jsonb NOT NULL,
    UNIQUE (workspace, remote_id)
)
"""


class Receiver(ABC):
    """One way to accept callbacks."""

    uses_broker = False

    def __init__(self, name: str, title: str, *, needs: str = "", counted: str | None) -> None:
        """``counted`` is the table with a row for each callback; None: it stores none."""
        self.name = name
        self.title = title
        self.needs = needs
        self.counted = counted

    @abstractmethod
    def start(self, trial: Trial) -> tuple[subprocess.Popen[str], int]:
        """Start the receiver; return its process and its port."""


class BridgeReceiver(Receiver):
    """The bridge's gunicorn, with the bridge or with another application."""

    uses_broker = True

    def __init__(
        self, name: str, title: str, *, application: str = "", counted: str | None
    ) -> None:
        super().__init__(name, title, counted=counted)
        self._application = application

    def start(self, trial: Trial) -> tuple[subprocess.Popen[str], int]:
        bridge = Bridge(trial, "http://127.0.0.1:1")
        return bridge.start("receiver", application=self._application), bridge.port


class PythonReceiver(Receiver):
    """A web server of Python with an application of ``peers``."""

    def __init__(
        self,
        name: str,
        title: str,
        *command: str,
        before: str = "",
        uses_broker: bool = False,
        counted: str = "race.callback",
    ) -> None:
        """``{port}`` in the command is replaced; ``before`` is code that runs once before."""
        super().__init__(name, title, needs="receivers", counted=counted)
        self.uses_broker = uses_broker
        self._command = command
        self._before = before

    def start(self, trial: Trial) -> tuple[subprocess.Popen[str], int]:
        python, port = install.python_of(self.needs), free_port()
        with trial.connect() as conn:
            conn.execute(CREATE)
        if self._before:
            subprocess.run(
                [python, "-c", self._before], env=trial.environment(), cwd=ROOT, check=True
            )
        command = [word.format(port=port) for word in self._command]
        return trial.spawn(python, "-m", *command), port


class NodeRed(Receiver):
    """Node-RED with one flow."""

    def start(self, trial: Trial) -> tuple[subprocess.Popen[str], int]:
        with trial.connect() as conn:
            conn.execute(CREATE)
        port, folder = free_port(), install.folder_of(self.needs)
        user_folder = trial.folder / "user"
        user_folder.mkdir()
        program = ("node", "node_modules/node-red/red.js", "--settings", "settings.js")
        command = (*program, "--userDir", user_folder, str(folder / "flows.json"))
        return trial.spawn(*command, folder=folder, RACE_PORT=str(port)), port


def _gunicorn(module: str) -> tuple[str, ...]:
    options = ("--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--bind", "127.0.0.1:{port}")
    return ("gunicorn", *options, *GTHREAD, f"{PEERS}.{module}:app")


CONTESTANTS: tuple[Receiver, ...] = (
    BridgeReceiver("bridge", TITLE, counted="intake.callback"),
    BridgeReceiver(
        *("flask-bare", "bare Flask view, same gunicorn"),
        application="tests.bench.baseline:app",
        counted=None,
    ),
    PythonReceiver(
        *("fastapi", "FastAPI, asyncpg, INSERT"),
        *("uvicorn", "--workers", "2", "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning", "--port", "{port}"),
        f"{PEERS}.fastapi_app:app",
    ),
    NodeRed("node-red", "Node-RED, pg, INSERT", needs="node_red", counted="race.callback"),
    PythonReceiver(
        *("flask-delay", "Flask, pool, INSERT, .delay()", *_gunicorn("flask_delay")),
        uses_broker=True,
    ),
    PythonReceiver(
        *("procrastinate", "Flask, procrastinate", *_gunicorn("flask_procrastinate")),
        before=f"from {PEERS}.flask_procrastinate import jobs; jobs.schema_manager.apply_schema()",
        counted="procrastinate_jobs",
    ),
    PythonReceiver(
        *("receive-limit", "limit: uvloop, one INSERT a group"),
        *(f"{PEERS}.receive_limit", "{port}"),
    ),
)
FLOOR = "bare Flask view, same gunicorn"


def run(receiver: Receiver, servers: RaceServers, seconds: float) -> Result:
    """Send callbacks to a receiver for ``seconds``, after a warm-up. Raises what went wrong."""
    with servers.trial(receiver.name) as trial:
        process, port = receiver.start(trial)
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health/live"), within_s=60)
        warm_up_s = min(2.0, max(1.0, seconds / 3))
        warm_up = drive(port, secret=SECRET, first=WARM_UP, seconds=warm_up_s)
        pids = [process.pid, *([trial.broker_pid] if receiver.uses_broker else [])]
        with measured(own=pids, postgres=[trial.postgres_pid]) as usage:
            load = drive(port, secret=SECRET, first=FIRST, seconds=seconds)
        rows = _rows(receiver, trial, warm_up.requests + load.requests)
    return result_of(
        usage,
        load.requests,
        load_cpu_s=load.cpu_s,
        rows=rows,
        per_s=load.per_s,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
    )


def _rows(receiver: Receiver, trial: Trial, sent: int) -> str:
    if receiver.counted is None:
        return "-"
    with trial.connect() as conn:
        stored = conn.execute(f"SELECT count(*) FROM {receiver.counted}").fetchall()[0][0]
    return "right" if stored == sent else f"WRONG: {stored} stored of {sent}"
