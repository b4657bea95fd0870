"""A running bridge for the faults: its processes, its broker, its database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import redis

from deploy.embedded import Valkey
from tests.acceptance.comparison import SandboxControl
from tests.acceptance.running_bridge import (
    BRIDGE_VARIABLES,
    ROOT,
    SECRETS,
    Run,
    empty_folder,
    running_bridge,
)
from tests.chaos import history_truth
from tests.chaos.hosts.bridge import HostsRun, running_hosts
from tests.support.eventually import eventually
from workers.config.broker import create_sender
from workers.config.names import Family, TaskName

WORKSPACE = "sandbox"
WORKERS = ("worker-callbacks", "worker-polls", "worker-fetch", "worker-surveys")
CHANGING = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)
PUSH_SECRET = "push-secret-of-chaos"
VENDORS = ("DIGIDESK", "CUSTOMER_RADAR", "CENTRACX", "ALVARIA", "SMTP")
PER_MINUTE = "6000"  # requests to one vendor: as many as there are
FILES = (Family.RESPONSE_ATTACHMENTS, Family.AREA_ARCHIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosBridge:
    """A bridge on embedded servers, in a folder of its own, with its sandbox."""

    run: Run | HostsRun
    sandbox: SandboxControl
    lease_s: int
    hold_s: float  # duration of faults that last
    database_url: str
    broker_url: str
    variables: Mapping[str, str] = field(repr=False)  # with which the bridge was started

    def process(self, name: str) -> psutil.Process:
        """Return the main process of this name; waits while it is restarted."""
        return psutil.Process(eventually(lambda: self.run.pid(name)))

    def children(self, name: str) -> list[psutil.Process]:
        """Return the children of a process; waits until there is one."""
        return eventually(lambda: self.process(name).children(recursive=True))

    def tree(self, name: str) -> list[psutil.Process]:
        """Return the main process of this name and its children; waits until there is one."""
        main = self.process(name)
        return [main, *eventually(lambda: main.children(recursive=True))]

    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(Valkey(self.run.data / "valkey").socket))

    def database(self) -> psycopg.Connection[tuple[int, ...]]:
        return psycopg.connect(
            self.database_url, autocommit=True, connect_timeout=2, application_name="chaos"
        )

    def worker_command(self, queue: str) -> list[str]:
        """Return the command that runs a second worker for a queue."""
        arguments = ["worker", "--queues", queue, "--concurrency", "1"]
        alone = ["--without-gossip", "--without-mingle", "--hostname", f"second-{queue}@%h"]
        return [sys.executable, "-m", "celery", "--app", "workers.app", *arguments, *alone]

    def cention(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of ``cention`` with an input; return how it ended, and what it said."""
        return subprocess.run(
            [sys.executable, "-m", "workers.cli", *arguments],
            cwd=self.run.folder,
            env=self.environment(),
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def beat_command(self) -> list[str]:
        """Return the command that runs a second beat."""
        arguments = ["--app", "workers.app", "beat"]
        return [sys.executable, "-m", "celery", *arguments]

    def environment(self) -> dict[str, str]:
        """Return the environment of a further process of the bridge."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(BRIDGE_VARIABLES)}
        return inherited | {"PYTHONPATH": str(ROOT)} | dict(self.variables) | self.run.addresses()

    def send_nudges(self, times: int) -> None:
        """Send every kind of nudge so many times."""
        nudges: list[tuple[TaskName, tuple[str, ...]]] = [
            (TaskName.FILE_CALLBACKS, (WORKSPACE,)),
            (TaskName.POLL, (WORKSPACE,)),
            (TaskName.SWEEP, ()),
            (TaskName.CANARY, ()),
            (TaskName.SURVEY_DECIDE, (WORKSPACE,)),
            (TaskName.SURVEY_INVITE, (WORKSPACE,)),
            (TaskName.SURVEY_CONVERSE, (WORKSPACE,)),
            *((TaskName.DRAIN, (WORKSPACE, f)) for f in (*CHANGING, *FILES)),
        ]
        with create_sender(self.broker_url, timeout_s=10) as sender:
            for _ in range(times):
                for task, arguments in nudges:
                    sender.send_task(task, args=arguments, expires=60)


@contextmanager
def running_chaos_bridge(*, lease_s: int, hold_s: float, hosts: int) -> Iterator[ChaosBridge]:
    """Run a bridge in an empty folder, which is removed at the end.

    It runs on this machine, or on so many ``hosts`` in networks of their own.
    """
    variables = {
        **SECRETS,
        "LEASE_S": str(lease_s),
        "POLL_EVERY_S": "2",
        "SURVEY_PUSH_SECRETS": PUSH_SECRET,
        **{f"{vendor}_PER_MINUTE": PER_MINUTE for vendor in VENDORS},
    }
    with empty_folder() as folder, _running(folder, hosts, variables) as run:
        addresses = run.addresses()
        history_truth.record_fetches(addresses["DATABASE_URL"])
        yield ChaosBridge(
            run=run,
            sandbox=SandboxControl(root=addresses["CENTION_URL"].removesuffix(f"/s/{WORKSPACE}")),
            lease_s=lease_s,
            hold_s=hold_s,
            database_url=addresses["DATABASE_URL"],
            broker_url=addresses["BROKER_URL"],
            variables=variables,
        )


def _running(
    folder: Path, hosts: int, variables: Mapping[str, str]
) -> AbstractContextManager[Run | HostsRun]:
    if hosts:
        return running_hosts(folder, hosts, **variables)
    return running_bridge(folder, **variables)
