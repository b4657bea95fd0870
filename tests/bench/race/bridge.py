"""The bridge as users run it: the processes of ``make run``, without its supervisor."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import psycopg

from deploy.run.plan import make_plan
from tests.bench.race.trial import SECRET, Trial
from workers.config.settings import load_settings
from workers.database.migrate import migrate

TITLE = "Cention bridge"
WORKSPACE = "demo"
GIVEN = {
    "CENTION_TOKEN": "race-token",
    "CENTION_CALLBACK_SECRETS": SECRET,
    "CENTION_TIMEZONE": "Asia/Kuala_Lumpur",
    "RECEIVER_BIND": "127.0.0.1:0",
    "POLL_EVERY_S": "1",  # a poll is skipped if half of this has not passed since the last one
    "LOG_LEVEL": "warning",
}


class Bridge:
    """The bridge of one trial; its processes start one by one."""

    def __init__(self, trial: Trial, cention_root: str, **more: str) -> None:
        """Migrate the database of the trial. The bridge is to sync the Cention at this address.

        ``more`` are further settings.
        """
        self._trial = trial
        with psycopg.connect(trial.database_url) as conn:
            migrate(conn)
        servers = {"DATABASE_URL": trial.database_url, "BROKER_URL": trial.broker_url}
        given = GIVEN | servers | _address(cention_root) | more
        self._plan = make_plan(given, var=trial.folder)
        (trial.folder / "prometheus").mkdir(mode=0o700)

    @property
    def port(self) -> int:
        """The port of the receiver."""
        return self._plan.receiver.port

    def start(
        self, name: str, *, application: str = "", children: int = 0
    ) -> subprocess.Popen[str]:
        """Start a process of ``make run``.

        ``application`` is another one for its gunicorn, ``children`` another number for its worker.
        """
        commands = {spec.name: spec.command for spec in self._plan.process_specs()}
        command = commands[name]
        command = (*command[:-1], application) if application else command
        if children:
            at = command.index("--concurrency") + 1
            command = (*command[:at], str(children), *command[at + 1 :])
        return self._trial.spawn(*command, **self._plan.given | self._plan.variables())


def _address(cention_root: str) -> Mapping[str, str]:
    return {"CENTION_URL": f"{cention_root}/s/{WORKSPACE}"}


def fetching() -> tuple[int, int]:
    """Return in how many processes the bridge fetches, and how many requests it has under way.

    Both are for one workspace and family, with the settings that are used if nothing is set.
    """
    servers = {"DATABASE_URL": "postgresql://", "BROKER_URL": "redis://"}
    given = GIVEN | servers | _address("http://127.0.0.1:1")
    plan = make_plan(given, var=Path("/nowhere"))
    command = next(spec.command for spec in plan.process_specs() if spec.name == "worker-fetch")
    children = int(command[command.index("--concurrency") + 1])
    with patch.dict(os.environ, given, clear=True):
        settings = load_settings()
    drains = settings.drains_per_workspace
    return min(children, drains), settings.fetch_threads * drains
