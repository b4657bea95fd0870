"""Runs tests again and again in a copy of the repository, on servers that are started once.

Reads one request a line, ``{"tests": [...], "each_s": 30, "all_s": 200}``, and writes one answer a
line: ``{"ended": true, "failed": "...", "status": 1}``, with the first test that failed, or null,
and pytest's exit status. If the tests took too long, or their process died, ``ended`` is false,
``failed`` is the test that was running, and the session ends, as its servers may have become
unusable.

Each run is a child of this process, which has imported the libraries, but nothing that is changed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.folders import server_folder
from tests.support.servers import postgres_in, valkey_in

# Those that take long to import. Not those with plugins of pytest, which pytest rewrites.
LIBRARIES = ("aiohttp.web", "aiosmtpd.controller", "celery", "flask", "kombu", "lxml.html")
LIBRARIES += ("marshmallow_jsonapi", "phonenumbers", "prometheus_client", "psycopg_pool")
LIBRARIES += ("redis", "requests", "rich.console", "structlog", "uvloop", "environs", "click")
OPTIONS = ["-q", "--exitfirst", "--tb=no", "-p", "no:randomly", "-p", "no:cacheprovider"]


PR_SET_CHILD_SUBREAPER = 36


class Recorder:
    """A plugin that writes which test runs, and at the end of the run which one failed."""

    def __init__(self, result: Path) -> None:
        self._result = result
        self._failed: str | None = None

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write({"ended": False, "failed": nodeid})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = self._failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed = self._failed or report.nodeid

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._write({"ended": True, "failed": self._failed, "status": int(exitstatus)})

    def _write(self, answer: dict[str, object]) -> None:
        written = self._result.with_suffix(".new")
        written.write_text(json.dumps(answer), "utf-8")
        written.rename(self._result)


def main() -> None:
    for library in LIBRARIES:
        import_module(library)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with server_folder() as folder:
        postgres, valkey = postgres_in(folder), valkey_in(folder)
        try:
            postgres.start()
            valkey.start()
            servers = {process.pid for process in psutil.Process().children()}
            if os.waitpid(_fork(partial(_create_template, folder)), 0)[1]:
                raise SystemExit("The database of the tests could not be migrated.")
            _serve(folder, servers)
        finally:
            postgres.remove()
            valkey.remove()


def _create_template(folder: Path) -> None:
    from tests.support.databases import create_template  # imports what may be changed later

    create_template(postgres_in(folder))


def _serve(folder: Path, servers: set[int]) -> None:
    result = folder / "result.json"
    for line in sys.stdin:
        request = json.loads(line)
        result.write_text('{"ended": false, "failed": null}', "utf-8")
        _wait(_fork(partial(_run_tests, request, folder, result)), within_s=request["all_s"])
        _kill_children(but=servers)
        answer = json.loads(result.read_text("utf-8"))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        if not answer["ended"]:
            return


def _run_tests(request: dict[str, Any], folder: Path, result: Path) -> None:
    """Runs in a child."""
    with (folder / "output.txt").open("wb") as output:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    options = [
        *OPTIONS,
        f"--servers={folder}",
        f"--override-ini=faulthandler_timeout={request['each_s']}",
    ]
    pytest.main([*options, *request["tests"]], plugins=[Recorder(result)])


def _fork(work: Callable[[], None]) -> int:
    """Return the process id of a child that does the work and ends."""
    if child := os.fork():
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(child: int, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not os.waitpid(child, os.WNOHANG)[0] and time.monotonic() < deadline:
        time.sleep(0.05)


def _kill_children(*, but: set[int]) -> None:
    """Kill what a run has left. What it started became a child of this process when it ended."""
    while left := [one for one in psutil.Process().children() if one.pid not in but]:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
