"""How gunicorn runs the web face: ``gunicorn --config deploy/gunicorn_web.conf.py wsgi:web``."""
# ruff: noqa: N999  # gunicorn's own name for it

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from typing import Any

bind = [os.environ.get("WEB_BIND", "").strip() or "127.0.0.1:8002"]
worker_class = "workers.web.gunicorn_worker.Worker"
workers = 1  # has few visitors
threads = 32  # each may wait for Postgres, or for the rest of a slow request
timeout = 30  # seconds; a process that is silent for longer is replaced
graceful_timeout = 10  # seconds
keepalive = 5  # seconds
limit_request_line = 8190  # bytes
limit_request_fields = 60
forwarded_allow_ips = ""  # workers.web.proxies believes those of WEB_TRUSTED_PROXIES alone
forwarder_headers = ""
control_socket_disable = True  # it would be created in the home folder
errorlog = "-"
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "").lower()  # an unknown one is "info"
# The heartbeat of a process must not depend on a disk that may be slow or full.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # not a file of ours


def on_starting(server: Any) -> None:
    """Exit with 4 if the settings are wrong or nobody can sign in, before there are processes."""
    check = get_context("fork").Process(target=_check_settings)
    check.start()
    check.join()
    if check.exitcode:
        sys.exit(check.exitcode)


def _check_settings() -> None:
    from workers.config.startup import settings_or_exit
    from workers.web.startup import require_people

    require_people(settings_or_exit())
