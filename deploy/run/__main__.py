"""``make run``: sets up everything in ``var/``, keeps it running, and stops it on Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Never

import psycopg

from deploy.embedded import Postgres, StartupError
from deploy.run import analyst_login, run_secrets, sandbox_rules, web_login
from deploy.run.lock import take_lock
from deploy.run.output import Output
from deploy.run.plan import Plan, make_plan
from deploy.run.run_env import addresses, forget_earlier_run, has_secret, shell_setup, write_run_env
from deploy.run.startup import (
    cention_problems,
    check_settings,
    prepare,
    read_secret_files,
    start_all,
)
from deploy.run.status_line import DATABASE_DOWN, StatusLine
from deploy.run.supervisor import Supervisor

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_EVERY_S = 1
RETRY_EVERY_S = 5


class Stopped(BaseException):
    """A stop signal has arrived."""


def main() -> int:
    output = Output.to_stdout()
    for signum in STOP_SIGNALS:
        signal.signal(signum, stop)
    try:
        run(Path.cwd() / "var", output)
    except Stopped:
        return 0
    except StartupError as error:
        Output.to_stderr().print(str(error))
    except OSError as error:
        Output.to_stderr().print(
            f"Cannot write to var/: {error}.\nIs the disk full, or the folder read-only?"
        )
    return 1


def run(var: Path, output: Output) -> None:
    """Run until a stop signal raises ``Stopped``. Raises ``StartupError``."""
    var.mkdir(mode=0o711, exist_ok=True)
    lock = take_lock(var / "run.lock")
    run_env = var / "run.env"
    run_env.unlink(missing_ok=True)  # a killed run may have left one, for other servers
    forget_earlier_run(os.environ)
    read_secret_files(os.environ)
    plan = make_plan(os.environ, var=var)
    output.print("Starting …")
    prepare(plan)
    os.environ.update(plan.variables() | web_login.variables(plan))
    check_settings()
    supervisor = Supervisor(var, plan.process_specs())
    try:
        start_all(plan, supervisor, output, lock=lock)
        write_run_env(run_env, plan)
        print_addresses(plan, output)
        for problem in cention_problems():
            output.print(problem, style="bold red")
        keep_running(plan, supervisor, output, lock=lock)
    finally:
        for signum in STOP_SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        output.print("Stopping …")
        supervisor.stop()
        run_env.unlink(missing_ok=True)


def keep_running(plan: Plan, supervisor: Supervisor, output: Output, *, lock: int) -> Never:
    """Show the status line, and start everything again if supervisor ends."""
    line = StatusLine(output, plan.database_url)
    try:
        while True:
            if supervisor.ended:
                start_again(plan, supervisor, output, lock=lock)
            running = supervisor.running()
            supervisor.restart_given_up(running)
            line.show(running)
            time.sleep(POLL_EVERY_S)
    finally:
        line.close()


def start_again(plan: Plan, supervisor: Supervisor, output: Output, *, lock: int) -> None:
    """Start everything after supervisor has ended, as often as it takes: a disk may be full."""
    while True:
        supervisor.kill_all()
        try:
            start_all(plan, supervisor, output, lock=lock)
        except (StartupError, OSError) as error:
            output.print(f"\n{error}\nStarting again in {RETRY_EVERY_S} s …")
            time.sleep(RETRY_EVERY_S)
        else:
            return


def print_addresses(plan: Plan, output: Output) -> None:
    """Print the addresses of a running bridge."""
    output.print("The bridge is running. Ctrl-C stops it.", style="bold")
    for name, url in addresses(plan).items():
        shown = "as set in the environment" if has_secret(url) else url
        note = " (sandbox)" if name == "CENTION_URL" and plan.sandbox else ""
        output.print(f"  {name:<13} {shown}{note}")
    output.print(f"  {'web face':<13} {web_login.description(plan)}")
    if plan.postgres:
        output.print(f"  {'BI tools':<13} {_analysts(plan, plan.postgres)}")
    if plan.invites_simulated_customers:
        output.print(f"  {'surveys':<13} {_surveys(plan)}")
    output.print(f"  {'logs':<13} {plan.logs}")
    output.print(f"  {'other shells':<13} {shell_setup(plan)}")
    output.print(f"                {_cention_program()} status")


def _cention_program() -> Path:
    """Return the program ``cention``, below this folder if it is there."""
    program = Path(sys.executable).with_name("cention")
    here = Path.cwd()
    return program.relative_to(here) if program.is_relative_to(here) else program


def _analysts(plan: Plan, postgres: Postgres) -> str:
    password = run_secrets.password_in(plan.analyst_password)
    return f"{analyst_login.url(postgres, password)} (may only read)"


def _surveys(plan: Plan) -> str:
    try:
        with psycopg.connect(plan.database_url, connect_timeout=2) as conn:
            names = sandbox_rules.rules_that_are_on(conn, plan.workspace)
    except psycopg.Error:
        return DATABASE_DOWN  # supervisor starts it again
    if not names:
        return "no rule is on"
    return f"rules on: {', '.join(names)} (simulated customers)"


def stop(signum: int, frame: FrameType | None) -> Never:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
