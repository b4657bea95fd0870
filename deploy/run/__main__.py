"""``make run``: set up everything in ``var/``, keep it running, and stop it on Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Never

from rich.console import Console

from deploy.embedded import CannotStart
from deploy.run.lock import take_lock
from deploy.run.plan import Plan, make_plan
from deploy.run.run_env import addresses, beside, has_secret, write_run_env
from deploy.run.startup import bring_up, check_settings, prepare
from deploy.run.status_line import LiveLine
from deploy.run.watchdog import Supervisor

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY_S = 1


class Stopped(BaseException):
    """Somebody asked us to stop."""


def main() -> int:
    console = Console(soft_wrap=True, highlight=False)
    for sign in STOP_SIGNALS:
        signal.signal(sign, stop)
    try:
        run(Path.cwd() / "var", console)
    except Stopped:
        return 0
    except CannotStart as problem:
        Console(stderr=True, soft_wrap=True, highlight=False).print(str(problem), markup=False)
    except OSError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"Cannot write here: {error}.\nIs the disk full, or the folder read-only?", markup=False
        )
    return 1


def run(var: Path, console: Console) -> None:
    """Run until somebody asks us to stop, which raises ``Stopped``. Raises ``CannotStart``."""
    var.mkdir(mode=0o711, exist_ok=True)
    lock = take_lock(var / "run.lock")
    run_env = var / "run.env"
    run_env.unlink(missing_ok=True)  # of a run that was killed, to other servers perhaps
    plan = make_plan(os.environ, var=var)
    console.print("Starting …")
    prepare(plan)
    os.environ.update(plan.variables())
    check_settings()
    supervisor = Supervisor(var, plan.parts())
    try:
        bring_up(plan, supervisor, lock=lock)
        write_run_env(run_env, plan)
        tell(plan, console)
        keep(plan, supervisor, console, lock=lock)
    finally:
        for sign in STOP_SIGNALS:
            signal.signal(sign, signal.SIG_IGN)
        console.print("Stopping …")
        supervisor.stop()
        run_env.unlink(missing_ok=True)


def keep(plan: Plan, supervisor: Supervisor, console: Console, *, lock: int) -> Never:
    """Show how it goes, and bring back even supervisor."""
    line = LiveLine(console, plan.database_url)
    try:
        while True:
            if supervisor.ended:
                supervisor.sweep()
                bring_up(plan, supervisor, lock=lock)
            running = supervisor.running()
            supervisor.encourage(running)
            line.show(running)
            time.sleep(LOOK_EVERY_S)
    finally:
        line.close()


def tell(plan: Plan, console: Console) -> None:
    """Say where everything is."""
    console.print("The bridge runs. Ctrl-C stops it.", style="bold")
    for name, url in addresses(plan).items():
        shown = "as given" if has_secret(url) else url
        note = " (sandbox)" if name == "CENTION_URL" and plan.sandbox else ""
        console.print(f"  {name:<13} {shown}{note}", markup=False)
    console.print(f"  {'logs':<13} {plan.logs}", markup=False)
    console.print(f"  {'beside it':<13} {beside(plan)}", markup=False)
    console.print("                .venv/bin/cention status")


def stop(signum: int, frame: FrameType | None) -> Never:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
