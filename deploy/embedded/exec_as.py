"""Runs a program as another user, in a bare environment, tied to the life of its parent.

A separate script, run as ``python -I -S exec_as.py [options] -- program …``. It imports nothing of
the project, because the user it switches to may be unable to read the project.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
SUPERVISOR_PID = "SUPERVISOR_PID"  # the variable that tells a program who its parent must be
MIN_START_INTERVAL_S = 0.5
PASSED_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def main() -> None:
    options = arguments()
    if options.user:
        switch_user(options.user, options.group)
    if options.if_parent_dies:
        end_with_parent(signal.Signals[options.if_parent_dies], os.environ.get(SUPERVISOR_PID))
    if options.paced_by:
        pause(Path(options.paced_by))
    environment = dict(os.environ)
    if options.bare:
        environment = {k: v for k, v in environment.items() if k in PASSED_VARIABLES}
        environment["TZ"] = "UTC"
    if options.supervisor:
        environment[SUPERVISOR_PID] = str(os.getpid())
    os.execvpe(options.program[0], options.program, environment)  # noqa: S606  # no shell wanted


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paced-by", metavar="FILE", help="its mtime is the last start")
    parser.add_argument("--user", help="user to switch to; needs root")
    parser.add_argument("--group", type=int, help="group id instead of the user's; needs --user")
    parser.add_argument("--bare", action="store_true", help="pass on only PATH, locale and TMPDIR")
    parser.add_argument("--if-parent-dies", metavar="SIGNAL", help="for example SIGKILL")
    parser.add_argument(
        "--supervisor", action="store_true", help="tell programs that it starts its process id"
    )
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def pause(last_start: Path) -> None:
    """Wait until ``MIN_START_INTERVAL_S`` after the last start, and record this start.

    It limits how fast a program that ends at once is started again.
    """
    try:
        since_s = time.time() - last_start.stat().st_mtime
    except FileNotFoundError:
        since_s = MIN_START_INTERVAL_S
    if 0 <= since_s < MIN_START_INTERVAL_S:
        time.sleep(MIN_START_INTERVAL_S - since_s)
    with contextlib.suppress(OSError):  # a full disk must not keep the program from starting
        last_start.touch()


def switch_user(user: str, group: int | None) -> None:
    """Become ``user``, in ``group`` only (by default the user's own)."""
    user_account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(user_account.pw_gid if group is None else group)
    os.setuid(user_account.pw_uid)


def end_with_parent(signum: signal.Signals, supervisor: str | None) -> None:
    """Have the kernel send ``signum`` when the thread that started this process ends.

    If ``supervisor`` started this process and has ended before this call, end at once: for that
    the kernel sends nothing, and the program would run on beside its successor.

    It works for SIGKILL too. Linux only. The setting survives execve, but not a change of user, so
    call ``switch_user`` first.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if supervisor is not None and os.getppid() != int(supervisor):
        sys.exit("the supervisor that started this program has ended")


if __name__ == "__main__":
    main()
