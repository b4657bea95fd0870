"""CentraCX, Alvaria and a mail server, simulated, and the worker of production that asks them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery import Celery

from deploy.sandbox.surveys import alvaria
from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from tests.integration.surveys.inviting import PASSWORD
from tests.support.eventually import eventually
from tests.system.survey_site import SurveySite
from workers.config.broker import create_sender
from workers.config.names import Queue, TaskName

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """The simulated vendors, and a way to have the worker do what beat would."""

    sandbox: SandboxServer
    sender: Celery

    def nudge(self, task: TaskName) -> None:
        """Have the worker run a task of surveys."""
        self.sender.send_task(task, args=("demo",), ignore_result=True)

    def dialog(self, errand_id: int) -> str:
        """Begin a chat at Alvaria about an errand of Cention; return its id."""
        body = {"errand_id": errand_id, "language": "en"}
        found: str = self.sandbox.control("surveys/dialogs", body)["session_id"]
        return found

    def end(self, dialog: str) -> None:
        """End a chat at Alvaria."""
        self.sandbox.control("surveys/dialogs/end", {"session_id": dialog})

    def truth(self, part: str) -> list[dict[str, Any]]:
        """Return what has reached the vendors: ``messages``, ``sessions`` or ``dialogs``."""
        found: list[dict[str, Any]] = self.sandbox.control("truth/surveys")[part]
        return found


@contextmanager
def survey_vendors(site: SurveySite, broker: str, folder: Path) -> Iterator[Vendors]:
    """Run the vendors, and a worker of the queue ``surveys``."""
    with sandbox_server() as sandbox:
        mail = sandbox.control("surveys/mail")["port"]
        settings = {
            "DATABASE_URL": site.database,
            "BROKER_URL": broker,
            "CENTION_URL": f"{sandbox.root}/s/demo",
            "CENTION_TOKEN": "token",
            "SPOOL_DIR": str(folder / "spool"),
            "SURVEY_PUBLIC_URL": site.root,
            "CENTRACX_URL": f"{sandbox.root}/centracx",
            "CENTRACX_KEY": "sandbox",
            "CENTRACX_SECRET": PASSWORD,
            "ALVARIA_ORG": alvaria.ORG,
            "ALVARIA_URL": f"{sandbox.root}/alvaria",
            "ALVARIA_TOKEN_URL": f"{sandbox.root}{alvaria.TOKEN_PATH}",
            "ALVARIA_CLIENT_ID": "sandbox",
            "ALVARIA_SECRET": PASSWORD,
            "ALVARIA_API_KEY": alvaria.API_KEY,
            "SMTP_URL": f"smtp://sandbox:{PASSWORD}@127.0.0.1:{mail}",
            "SMTP_FROM": "Nordkust <surveys@nordkust.example>",
        }
        command = [sys.executable, "-m", "celery", "--app", "workers.app", "worker"]
        command += ["--queues", Queue.SURVEYS, "--concurrency", "2", "--loglevel", "info"]
        command += ["--without-gossip", "--without-mingle"]
        with (folder / "worker.log").open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | settings, stdout=output, stderr=output
            )
        try:
            sender = create_sender(broker, timeout_s=5)
            eventually(lambda: sender.control.ping(timeout=0.5))
            yield Vendors(sandbox=sandbox, sender=sender)
            sender.close()
        finally:
            process.terminate()
            process.wait(20)
