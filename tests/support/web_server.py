"""The web face as its own server, at a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.eventually import eventually
from tests.support.web import HASH, KEY

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn_web.conf.py", "wsgi:web")


@contextmanager
def web_server(folder: Path, *, database: str, broker: str, **more: str) -> Iterator[str]:
    """Serve the web face for the user ``operator``, with ``more`` settings; yield its address.

    Its spool would be in ``folder``.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "SPOOL_DIR": str(folder / "spool"),
        "CENTION_URL": "https://cention.test/s/demo",
        "CENTION_TOKEN": "token",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_SECRET_KEY": KEY,
        "WEB_PASSWORD_HASH": HASH,
    }
    process = subprocess.Popen(COMMAND, cwd=ROOT, env=os.environ | settings | more)
    root = f"http://127.0.0.1:{port}"
    try:
        assert eventually(lambda: answers(root), within_s=60)
        yield root
    finally:
        process.terminate()
        process.wait(60)


def answers(root: str) -> bool:
    """Return whether the page to sign in is shown; it needs no database."""
    try:
        return requests.get(f"{root}/sign-in", timeout=20).ok
    except requests.RequestException:
        return False
