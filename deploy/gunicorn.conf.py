"""How gunicorn runs the receiver: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""
# ruff: noqa: N999  # gunicorn's own name for it

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

# All processes of the receiver count into one folder: a scrape reads the sum of them all. The
# second variable says that it was created here, also when a reload reads this file again.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="cention-metrics-")
    os.environ["CENTION_METRICS_FOLDER"] = os.environ["PROMETHEUS_MULTIPROC_DIR"]

from environs import Env, EnvError
from gunicorn.util import parse_address
from prometheus_client import multiprocess  # it reads the variable when imported

# One file descriptor for each connection: as many as this user may have.
most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

# A value that is wrong is left out here: `on_starting` ends the start with a line that names it.


def _addresses(binds: list[str]) -> list[str]:
    """Return the addresses that gunicorn can read."""
    found = []
    for one in filter(None, map(str.strip, binds)):
        with suppress(RuntimeError):
            parse_address(one)
            found.append(one)
    return found


bind = _addresses(os.environ.get("RECEIVER_BIND", "").split(",")) or ["127.0.0.1:8000"]
bind += _addresses([os.environ.get("METRICS_BIND", "")])
worker_class = "receiver.gunicorn_worker.Worker"
workers = max(1, int(os.environ.get("WEB_CONCURRENCY", "2")))
timeout = 30  # seconds; a worker that is silent for longer is replaced
graceful_timeout = 5  # seconds; longer than a callback may take while Postgres is down
keepalive = 120  # seconds; a sender may reuse a connection that has been idle for so long
http_parser = "fast"  # the parser in C
control_socket_disable = True  # it would be created in the home folder
errorlog = "-"
accesslog = None
with suppress(EnvError):
    accesslog = "-" if Env().bool("ACCESS_LOG", False) else None
loglevel = os.environ.get("LOG_LEVEL", "").lower()  # an unknown one is "info"
logger_class = "receiver.access_log.AccessLog"
# The heartbeat of a worker must not depend on a disk that may be slow or full.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # not a file of ours


def on_starting(server: Any) -> None:
    """Exit with 4 if the settings are wrong, before there are workers, each of which would fail."""
    if exit_status := _exit_status_of_settings():
        on_exit(server)
        sys.exit(exit_status)


def _exit_status_of_settings() -> int | None:
    """Check the settings in a process of its own, which logs what is wrong; 0 if nothing is.

    What this process imports would stay as it is at a reload.
    """
    check = get_context("fork").Process(target=_check_settings)
    check.start()
    check.join()
    return check.exitcode


def _check_settings() -> None:
    from receiver.startup import receiver_settings_or_exit

    receiver_settings_or_exit()


def child_exit(server: Any, worker: Any) -> None:
    """Remove a worker that has ended from the live gauges."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Remove the folder of counts, if this file created it."""
    folder = os.environ.get("CENTION_METRICS_FOLDER")
    if folder is not None and folder == os.environ["PROMETHEUS_MULTIPROC_DIR"]:
        shutil.rmtree(folder, ignore_errors=True)
