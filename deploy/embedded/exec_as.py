"""Become another program: not too soon, as another user, in a bare environment, with its parent.

A script of its own, run as ``python -I -S launch.py [options] -- program …``: it imports nothing of
the project, because the user it becomes may be unable to read the project.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
SHORTEST_LIFE_S = 0.5
NOTHING_SECRET = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def main() -> None:
    options = arguments()
    if options.paced_by:
        pause(Path(options.paced_by))
    if options.user:
        become(options.user)
    if options.if_parent_dies:
        end_with_parent(signal.Signals[options.if_parent_dies])
    environment = dict(os.environ)
    if options.bare:
        environment = {k: v for k, v in environment.items() if k in NOTHING_SECRET} | {"TZ": "UTC"}
    os.execvpe(options.program[0], options.program, environment)  # noqa: S606  # no shell wanted


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paced-by", metavar="FILE", help="its time tells the last start")
    parser.add_argument("--user", help="whom to become; needs root")
    parser.add_argument("--bare", action="store_true", help="hand on no variable but PATH and such")
    parser.add_argument("--if-parent-dies", metavar="SIGNAL", help="for example SIGKILL")
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def pause(last_start: Path) -> None:
    """Wait until ``SHORTEST_LIFE_S`` after the last start, and note this one.

    What ends at once would else be started as fast as the machine can.
    """
    try:
        since_s = time.time() - last_start.stat().st_mtime
    except FileNotFoundError:
        since_s = SHORTEST_LIFE_S
    if 0 <= since_s < SHORTEST_LIFE_S:
        time.sleep(SHORTEST_LIFE_S - since_s)
    last_start.touch()


def become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def end_with_parent(sign: signal.Signals) -> None:
    """Ask the kernel for ``sign`` when the thread that started us ends, even by SIGKILL.

    Linux only. It outlives execve, but no change of user: so it comes after ``become``.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)


if __name__ == "__main__":
    main()
