"""How gunicorn runs the receiver: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""
# ruff: noqa: N999  # gunicorn's own name for it

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from multiprocessing import get_context
from typing import Any

# All processes of the receiver count into one folder: a scrape reads the sum of them all.
metrics_folder = None
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    metrics_folder = tempfile.mkdtemp(prefix="cention-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_folder

from environs import Env  # noqa: E402
from prometheus_client import multiprocess  # noqa: E402  # it reads the variable when imported

# One file descriptor for each connection: as many as this user may have.
most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

bind = [one for one in os.environ.get("RECEIVER_BIND", "").split(",") if one] or ["127.0.0.1:8000"]
if os.environ.get("METRICS_BIND"):
    bind.append(os.environ["METRICS_BIND"])
worker_class = "receiver.gunicorn_worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
timeout = 30  # seconds; a worker that is silent for longer is replaced
graceful_timeout = 5  # seconds; longer than a callback may take while Postgres is down
keepalive = 120  # seconds; a sender may reuse a connection that has been idle for so long
http_parser = "fast"  # the parser in C
control_socket_disable = True  # it would be created in the home folder
errorlog = "-"
accesslog = "-" if Env().bool("ACCESS_LOG", False) else None
loglevel = os.environ.get("LOG_LEVEL", "").lower()  # an unknown one is "info"
logger_class = "receiver.access_log.AccessLog"
# The heartbeat of a worker must not depend on a disk that may be slow or full.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # not a file of ours


def on_starting(server: Any) -> None:
    """Exit with 4 if the settings are wrong, before there are workers, each of which would fail.

    They are read in a process of its own: what this one imports would stay as it is at a reload.
    """
    check = get_context("fork").Process(target=_check_settings)
    check.start()
    check.join()
    if check.exitcode:
        on_exit(server)
        sys.exit(check.exitcode)


def _check_settings() -> None:
    from receiver.startup import receiver_settings_or_exit

    receiver_settings_or_exit()


def child_exit(server: Any, worker: Any) -> None:
    """Remove a worker that has ended from the live gauges."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Remove the folder of counts, if this file created it."""
    if metrics_folder is not None:
        shutil.rmtree(metrics_folder, ignore_errors=True)
