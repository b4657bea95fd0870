"""The web face as gunicorn serves it: slow and odd requests do not stop it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.eventually import eventually
from tests.support.web import HASH, KEY

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a served web face; its page to sign in needs no database."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("web")
    settings = {
        "DATABASE_URL": "postgresql://127.0.0.1:1/none",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "SPOOL_DIR": str(folder / "spool"),
        "CENTION_URL": "https://cention.test/s/demo",
        "CENTION_TOKEN": "token",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_SECRET_KEY": KEY,
        "WEB_PASSWORD_HASH": HASH,
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn_web.conf.py"]
    process = subprocess.Popen([*command, "wsgi:web"], cwd=ROOT, env=os.environ | settings)
    try:
        assert eventually(lambda: answers(port), within_s=60)
        yield port
    finally:
        process.kill()
        process.wait(60)


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/sign-in", timeout=20).ok
    except requests.RequestException:
        return False


@pytest.mark.parametrize(
    "part",
    [
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=",
    ],
)
def test_half_requests_keep_nobody_out_and_are_ended(port, part):
    address = ("127.0.0.1", port)
    opened = [socket.create_connection(address, timeout=60) for _ in range(20)]
    for one in opened:
        one.sendall(part)

    assert answers(port)
    for one in opened:
        while one.recv(4096):  # until the server hangs up
            pass
        one.close()


def test_what_a_client_says_about_a_proxy_is_not_believed(port):
    headers = {"X-Forwarded-Proto": "https", "Script-Name": "/x", "SCRIPT_NAME": "/evil"}
    page = requests.get(f"http://127.0.0.1:{port}/sign-in", headers=headers, timeout=20)

    assert page.status_code == 200
    assert "/evil" not in page.text
    assert "Secure" not in page.headers["Set-Cookie"]
