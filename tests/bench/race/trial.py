"""What one run of one contestant has: an empty database and broker, a folder, its processes."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql
from redis import Redis

from deploy.embedded import Postgres, Valkey
from tests.bench.servers import both_servers, pid_of

ROOT = Path(__file__).parents[3]
SECRET = "race-secret-of-all-contestants"
ENDS_WITHIN_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of one contestant."""

    folder: Path
    database_url: str
    broker_url: str
    postgres_pid: int
    broker_pid: int
    processes: ExitStack = field(default_factory=ExitStack)

    def environment(self, **more: str) -> dict[str, str]:
        found = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            "RACE_SECRET": SECRET,
            "RACE_FOLDER": str(self.folder),
            **more,
        }
        found.pop("PYTHONPATH", None)
        return found

    def spawn(
        self, *command: str | Path, talks: bool = False, folder: Path = ROOT, **more: str
    ) -> subprocess.Popen[str]:
        """Start a process; the end of the trial ends it, with all that it has started.

        One that ``talks`` has pipes for its standard input and output; other output is its log.
        """
        log = self.processes.enter_context((self.folder / "contestant.log").open("a"))
        process = subprocess.Popen(
            list(map(str, command)),
            env=self.environment(**more),
            cwd=folder,
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else log,
            stderr=log,
            text=True,
        )
        self.processes.callback(_end, process)
        return process

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database_url, autocommit=True)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDS_WITHIN_S)
        for each in started:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceServers:
    """The servers of the whole race."""

    logs: Path
    postgres: Postgres
    valkey: Valkey

    @contextmanager
    def trial(self, name: str) -> Iterator[Trial]:
        """Yield a trial with an empty database and broker; its database is deleted at the end."""
        database = "race_" + re.sub("[^a-z0-9]", "_", name)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.logs))
        with psycopg.connect(self.postgres.url, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
            conn.execute("CHECKPOINT")
            broker = Redis(unix_socket_path=str(self.valkey.socket))
            broker.flushall()
            trial = Trial(
                folder=folder,
                database_url=self.postgres.url_of(database),
                broker_url=self.valkey.url,
                postgres_pid=pid_of(self.postgres),
                broker_pid=broker.info("server")["process_id"],
            )
            try:
                with trial.processes:
                    yield trial
            finally:
                dropped = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database))
                conn.execute(dropped)


@contextmanager
def race_servers(logs: Path) -> Iterator[RaceServers]:
    """Run both servers; each trial gets a folder in ``logs``, which is created."""
    logs.mkdir(parents=True)
    with both_servers() as (_, postgres, valkey):
        yield RaceServers(logs=logs, postgres=postgres, valkey=valkey)
