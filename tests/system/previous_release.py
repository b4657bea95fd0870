"""The previous release, from the history of this repository, and the processes of a release."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
# 0.1.0 has no tag. This is the last commit whose changelog says that settings, tables and commands
# are those of 0.1.0. With the next release, its tag belongs here.
PREVIOUS = "d978439656e403b1bc148633846ef0791f4ca1cf"
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "receiver": ("gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"),
    "worker": ("celery", "--quiet", "--app", "workers.app", "worker", "--concurrency", "2"),
    "beat": ("celery", "--quiet", "--app", "workers.app", "beat"),
}


def in_history() -> bool:
    """Return whether this folder is a clone that has the previous release."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{PREVIOUS}^{{commit}}"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:  # no git
        return False


def extract(folder: Path) -> Path:
    """Write the files of the previous release into ``folder``, and return it."""
    command = ["git", "-C", str(ROOT), "archive", PREVIOUS]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def migrate(source: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``cention migrate`` of the release in ``source``."""
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", "migrate"],
        cwd=source,
        env=_environment(source, settings),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(source: Path, name: str, settings: Mapping[str, str], logs: Path) -> Iterator[None]:
    """Run one process of the release in ``source``; it logs into ``logs``. Ends it at the end."""
    with (logs / f"{source.name}-{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *PROCESSES[name]],
            cwd=source,
            env=_environment(source, settings),
            stdout=log,
            stderr=log,
        )
        try:
            yield
            assert process.poll() is None, f"{name} of {source.name} has ended"
        finally:
            process.terminate()
            process.wait(60)


def _environment(source: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **settings, "PYTHONPATH": str(source)}
