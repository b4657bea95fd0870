"""A program that is run by ``exec_as`` ends with the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.embedded import exec_as
from tests.support.eventually import eventually

START_AND_DIE = """
import os, signal, subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def waits(pid: int) -> bool:
    """Return whether the process sleeps: the script in its pause, or then the program."""
    return "nanosleep" in Path(f"/proc/{pid}/wchan").read_text("ascii")


@pytest.mark.parametrize("options", [[], ["--paced-by={}"]], ids=["running", "before its start"])
def test_it_is_killed_when_its_parent_is_killed(tmp_path: Path, options: list[str]):
    last_start = tmp_path / "last_start"
    command = [
        *(sys.executable, "-I", "-S", exec_as.__file__, "--if-parent-dies=SIGKILL"),
        *(option.format(last_start) for option in options),
        *("--", "/bin/sleep", "60"),
    ]
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_DIE, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        pid = int(parent.stdout.readline())
        while not waits(pid):
            last_start.touch()  # so that the pause, once it begins, is as long as possible
            time.sleep(0.002)
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.wait(5) == -signal.SIGKILL

    assert eventually(lambda: has_ended(pid), within_s=5)


def test_it_runs_nothing_if_its_supervisor_ended_before_the_kernel_knew_of_it(tmp_path: Path):
    mark = tmp_path / "ran"
    command = [sys.executable, "-I", "-S", exec_as.__file__, "--if-parent-dies=SIGKILL", "--"]
    ended = os.getppid()  # not the parent of what this test starts

    done = subprocess.run(
        [*command, "/bin/touch", str(mark)],
        env={**os.environ, exec_as.SUPERVISOR_PID: str(ended)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "the supervisor that started this program has ended\n"
    assert not mark.exists()


def test_a_supervisor_tells_its_programs_its_process_id():
    command = [sys.executable, "-I", "-S", exec_as.__file__]
    tell = f"echo $PPID ${exec_as.SUPERVISOR_PID}"
    supervisor = ["/bin/sh", "-c", f"/bin/sh -c '{tell}'; true"]

    output = subprocess.check_output([*command, "--supervisor", "--", *supervisor], text=True)

    parent, told = output.split()
    assert parent == told
