"""A running bridge as its enemies see it: its processes, its broker, its database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import psycopg
import redis
from celery import Celery

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
from tests.support.waiting import eventually
from workers.config.names import Family, Queue, TaskName

WORKSPACE = "demo"
WORKERS = ("worker-callbacks", "worker-polls", "worker-fetch")
CHANGING = (Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)
FILES = (Family.RESPONSE_ATTACHMENTS, Family.AREA_ARCHIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosBridge:
    """One bridge on embedded servers, in a folder of its own, beside its sandbox."""

    run: Run
    sandbox: SandboxControl
    lease_s: int
    hold_s: float  # how long a blow lasts that has to last
    database_url: str
    broker_url: str
    variables: Mapping[str, str] = field(repr=False)  # that the bridge was started with

    def process(self, part: str) -> psutil.Process:
        """Return the first process of a part; waits if it is just coming back."""
        return psutil.Process(eventually(lambda: self.run.pid(part)))

    def children(self, part: str) -> list[psutil.Process]:
        """Return what a part has forked; waits until there is something."""
        return eventually(lambda: self.process(part).children(recursive=True))

    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(Valkey(self.run.var / "valkey").socket))

    def database(self) -> psycopg.Connection[tuple[int, ...]]:
        return psycopg.connect(
            self.database_url, autocommit=True, connect_timeout=2, application_name="chaos"
        )

    def beat_command(self) -> list[str]:
        """Return what runs another beat."""
        schedule = str(self.run.folder / "second-schedule")
        arguments = ["--app", "workers.app", "beat", "--schedule", schedule, "--pidfile", ""]
        return [sys.executable, "-m", "celery", *arguments]

    def environment(self) -> dict[str, str]:
        """Return what a process beside the bridge needs to be one of it."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(BRIDGE_VARIABLES)}
        return inherited | {"PYTHONPATH": str(ROOT)} | dict(self.variables) | self.run.addresses()

    def send_nudges(self, times: int) -> None:
        """Send every nudge there is so many times."""
        nudges: list[tuple[TaskName, Queue, tuple[str, ...]]] = [
            (TaskName.FILE_CALLBACKS, Queue.CALLBACKS, (WORKSPACE,)),
            (TaskName.POLL, Queue.POLLS, (WORKSPACE,)),
            (TaskName.SWEEP, Queue.CALLBACKS, ()),
            (TaskName.CANARY, Queue.CALLBACKS, ()),
            *((TaskName.DRAIN, Queue.FETCH, (WORKSPACE, f)) for f in (*CHANGING, *FILES)),
        ]
        with Celery(broker=self.broker_url, set_as_current=False) as sender:
            for _ in range(times):
                for task, queue, arguments in nudges:
                    sender.send_task(task, args=arguments, queue=queue, expires=60)


@contextmanager
def running_chaos_bridge(*, lease_s: int, hold_s: float) -> Iterator[ChaosBridge]:
    """Bring up a bridge in an empty folder; nothing of it is left at the end."""
    variables = {**SECRETS, "LEASE_S": str(lease_s), "POLL_EVERY_S": "2"}
    with empty_folder() as folder, running_bridge(folder, **variables) as run:
        addresses = run.addresses()
        yield ChaosBridge(
            run=run,
            sandbox=SandboxControl(root=addresses["CENTION_URL"].removesuffix(f"/s/{WORKSPACE}")),
            lease_s=lease_s,
            hold_s=hold_s,
            database_url=addresses["DATABASE_URL"],
            broker_url=addresses["BROKER_URL"],
            variables=variables,
        )
