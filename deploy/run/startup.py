"""Starts a bridge: folders, servers, migrations, processes, each awaited until it is ready."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import psycopg

from deploy.embedded import StartupError
from deploy.run import run_secrets, sandbox_rules
from deploy.run.output import Output
from deploy.run.plan import Plan
from deploy.run.supervisor import Supervisor

READY_WITHIN_S = 60
DATABASE_WITHIN_S = 10  # a database of the user's may be starting at the same time
# More starts than this of one process, before everything is ready, are a crash loop.
MAX_STARTS = 10
POLL_EVERY_S = 0.1
WEB = "web"  # the process of the web face
# Local addresses are reached without the proxy that the environment may name.
opener = build_opener(ProxyHandler({}))


def prepare(plan: Plan) -> None:
    """Create the folders and the embedded servers' data. Raises ``StartupError``."""
    metrics = plan.var / "prometheus"
    shutil.rmtree(metrics, ignore_errors=True)  # counts of processes that have ended
    plan.data.mkdir(mode=0o711, exist_ok=True)
    for folder in (plan.logs, metrics, plan.var / "starts"):
        folder.mkdir(mode=0o700, exist_ok=True)
    for server in plan.embedded:
        server.prepare()


def read_secret_files(environment: MutableMapping[str, str]) -> None:
    """Set the secrets that are in files, before the plan is made. Raises ``StartupError``."""
    from workers.config.secret_files import set_from_files
    from workers.config.settings import SECRETS
    from workers.config.workspaces import SettingsError

    if problems := set_from_files(environment, SECRETS):
        raise _wrong_settings(SettingsError(problems))


def check_settings() -> None:
    """Check the settings before any process reads them. Raises ``StartupError``."""
    from workers.config.settings import MissingCallbackSecret, load_settings, require_secrets
    from workers.config.workspaces import SettingsError

    try:
        require_secrets(load_settings())
    except (SettingsError, MissingCallbackSecret) as error:
        raise _wrong_settings(error) from None


def _wrong_settings(error: Exception) -> StartupError:
    return StartupError(
        f"The settings are wrong: {error}",
        remedy="Each variable is described in deploy/env.example.",
    )


def start_all(plan: Plan, supervisor: Supervisor, output: Output, *, lock: int) -> None:
    """Start everything, and return when it is ready. Raises ``StartupError``.

    The bridge runs also without its web face: if that does not answer, a line says so.
    """
    supervisor.start(lock=lock)
    servers = {server.process_name: server.is_ready for server in plan.embedded}
    wait_until_ready(plan, supervisor, {"supervisor": supervisor.is_ready} | servers)
    prepare_database(plan)
    supervisor.start_rest()
    urls = {"receiver": f"{plan.receiver.url}/health/live"}
    if plan.sandbox:
        urls["sandbox"] = f"{plan.sandbox.url}/"
    wait_until_ready(plan, supervisor, {name: partial(responds, url) for name, url in urls.items()})
    if plan.web and not web_answers(supervisor, partial(responds, f"{plan.web.url}/sign-in")):
        log = plan.logs / f"{WEB}.log"
        output.print(f"The web face does not answer yet, see {log}; the bridge runs.")


def prepare_database(plan: Plan) -> None:
    """Migrate, and settle the survey rules of the sandbox. Raises ``StartupError``."""
    from workers.config.settings import load_settings
    from workers.database import connections, error_messages
    from workers.operations.jobs.migrate import WorkspaceMoved, migrate
    from workers.operations.store import analyst_login

    settings = load_settings()
    try:
        migrate(settings, wait_s=DATABASE_WITHIN_S)
        with connections.connect(settings.database_url) as conn:
            names = [workspace.name for workspace in settings.workspaces]
            sandbox_rules.settle(conn, names, sandboxed=plan.invites_simulated_customers)
            if plan.sandbox:
                want_open_errands(conn, plan.workspace)
            if plan.postgres:
                analyst_login.save(conn, run_secrets.password_in(plan.analyst_password))
    except WorkspaceMoved as error:
        raise StartupError(str(error)) from None
    except psycopg.Error as error:
        raise StartupError(
            error_messages.describe(error, plan.database_url),
            remedy="Is DATABASE_URL right, and may its user create schemas?"
            if plan.postgres is None
            else f"See {plan.logs / 'postgres.log'}.",
        ) from None


def want_open_errands(conn: psycopg.Connection[Any], workspace: str) -> None:
    """Have open errands of the sandbox fetched again: what an earlier one invented may be gone.

    A sandbox begins anew with each start, and nothing would ever close the errands of the last one.
    """
    from workers.config.names import Family
    from workers.sync.store import errand_reports, wanted

    with conn.transaction():
        ids = errand_reports.open_ids(conn, workspace)
        wanted.want(conn, workspace, Family.ERRAND_REPORTS, ids)


def cention_problems() -> list[str]:
    """Return why the workspaces cannot be synced, in words with a remedy; asks each Cention."""
    from workers import wiring
    from workers.config.settings import load_settings
    from workers.operations.jobs.checks.finding import Level
    from workers.operations.jobs.checks.services import cention_findings

    settings = load_settings()
    found = [
        cention_findings(each, partial(wiring.errand_data, settings, each))
        for each in settings.workspaces
    ]
    return [f"{f.about}: {f.sentence} {f.remedy}" for f in found if f.level is not Level.OK]


def wait_until_ready(
    plan: Plan, supervisor: Supervisor, checks: Mapping[str, Callable[[], bool]]
) -> None:
    """Return when each of ``checks`` (by process) has been true once. Raises ``StartupError``."""
    ends_at = time.monotonic() + READY_WITHIN_S
    starts: dict[str, set[int]] = {}
    waiting = dict(checks)
    while waiting := {name: is_ready for name, is_ready in waiting.items() if not is_ready()}:
        if supervisor.ended:
            log = plan.logs / "supervisor.err"
            raise StartupError("Supervisor ended as soon as it was started.", log=log)
        if time.monotonic() > ends_at:
            log = plan.logs / f"{next(iter(waiting))}.log"
            names = ", ".join(waiting)
            raise StartupError(f"No answer within {READY_WITHIN_S} s from: {names}.", log=log)
        fail_on_crash_loop(plan, supervisor, starts)
        time.sleep(POLL_EVERY_S)


def web_answers(supervisor: Supervisor, is_ready: Callable[[], bool]) -> bool:
    """Return whether the web face is ready in time; ``False`` too if supervisor has ended."""
    ends_at = time.monotonic() + READY_WITHIN_S
    while not (found := is_ready()) and time.monotonic() < ends_at and not supervisor.ended:
        time.sleep(POLL_EVERY_S)
    return found


def fail_on_crash_loop(plan: Plan, supervisor: Supervisor, starts: dict[str, set[int]]) -> None:
    """Raise ``StartupError`` if a process keeps ending; ``starts`` collects process ids by name.

    The web face may: nothing else needs it.
    """
    for process in supervisor.running():
        if process.name.partition(":")[2] == WEB:
            continue
        starts.setdefault(process.name, set()).add(process.pid)
        if len(starts[process.name] - {0}) > MAX_STARTS:
            name = process.name.partition(":")[2]
            log = plan.logs / f"{name}.log"
            raise StartupError(f"{name} ends as soon as it is started.", log=log)


def responds(url: str) -> bool:
    """Return whether a web server at ``url`` answers with a status below 500."""
    try:
        with opener.open(url, timeout=2):
            return True
    except HTTPError as error:
        return error.code < 500
    except (URLError, OSError):
        return False
