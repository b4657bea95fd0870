"""From an empty folder to a bridge that answers, step by step."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import psycopg

from deploy.embedded import CannotStart
from deploy.run.plan import Plan
from deploy.run.watchdog import Supervisor

READY_WITHIN_S = 60
DATABASE_WITHIN_S = 10  # one that is given may start beside us
# A part that ends so often before everything answers will not get better by itself.
MOST_STARTS = 10
LOOK_EVERY_S = 0.1
# The addresses are our own, so no proxy of the environment lies between.
opener = build_opener(ProxyHandler({}))


def prepare(plan: Plan) -> None:
    """Make the folders and the embedded servers' data. Raises ``CannotStart``."""
    metrics = plan.var / "prometheus"
    shutil.rmtree(metrics, ignore_errors=True)  # the counts of processes that are gone
    for folder in (plan.logs, metrics, plan.var / "beat", plan.var / "starts"):
        folder.mkdir(mode=0o700, exist_ok=True)
    for server in plan.embedded:
        server.prepare()


def check_settings() -> None:
    """Refuse what the parts would refuse, before any of them runs. Raises ``CannotStart``."""
    from workers.config.settings import load_settings
    from workers.config.workspaces import SettingsError

    try:
        load_settings()
    except SettingsError as error:
        raise CannotStart(
            f"The settings are wrong: {error}",
            remedy="Each variable is described in deploy/env.example.",
        ) from None


def bring_up(plan: Plan, supervisor: Supervisor, *, lock: int) -> None:
    """Start everything, and return when it answers. Raises ``CannotStart``."""
    supervisor.start(lock=lock)
    servers = {server.part: server.answers for server in plan.embedded}
    wait(plan, supervisor, until={"supervisor": supervisor.answers} | servers)
    migrate_database(plan)
    supervisor.start_rest()
    web = {"receiver": f"{plan.receiver.url}/health/live"}
    if plan.sandbox:
        web["sandbox"] = f"{plan.sandbox.url}/"
    wait(plan, supervisor, until={name: partial(responds, url) for name, url in web.items()})


def migrate_database(plan: Plan) -> None:
    from workers.config.settings import load_settings
    from workers.database import error_messages
    from workers.operations.jobs.migrate import migrate

    try:
        migrate(load_settings(), wait_s=DATABASE_WITHIN_S)
    except psycopg.Error as error:
        raise CannotStart(
            error_messages.describe(error, plan.database_url),
            remedy="Is DATABASE_URL right, and may its user create schemas?"
            if plan.postgres is None
            else f"Look into {plan.logs / 'postgres.log'}.",
        ) from None


def wait(plan: Plan, supervisor: Supervisor, *, until: Mapping[str, Callable[[], bool]]) -> None:
    """Return when each part of ``until`` has answered. Raises ``CannotStart`` if it will not."""
    ends_at = time.monotonic() + READY_WITHIN_S
    starts: dict[str, set[int]] = {}
    silent = dict(until)
    while silent := {name: answers for name, answers in silent.items() if not answers()}:
        if supervisor.ended:
            log = plan.logs / "supervisor.err"
            raise CannotStart("Supervisor ended as soon as it was started.", log=log)
        if time.monotonic() > ends_at:
            name = next(iter(silent))
            log = plan.logs / f"{name}.log"
            raise CannotStart(f"{name} does not answer within {READY_WITHIN_S} s.", log=log)
        refuse_hopeless(plan, supervisor, starts)
        time.sleep(LOOK_EVERY_S)


def refuse_hopeless(plan: Plan, supervisor: Supervisor, starts: dict[str, set[int]]) -> None:
    """Raise ``CannotStart`` if a part ends again and again; ``starts`` remembers its processes."""
    for part in supervisor.running():
        starts.setdefault(part.name, set()).add(part.pid)
        if len(starts[part.name] - {0}) > MOST_STARTS:
            name = part.name.partition(":")[2]
            log = plan.logs / f"{name}.log"
            raise CannotStart(f"{name} ends as soon as it is started.", log=log)


def responds(url: str) -> bool:
    """Tell whether a web server answers there, whatever it says short of a failure of its own."""
    try:
        with opener.open(url, timeout=2):
            return True
    except HTTPError as error:
        return error.code < 500
    except (URLError, OSError):
        return False
