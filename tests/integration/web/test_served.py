"""The web face as gunicorn serves it: slow and odd requests do not stop it."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.web_server import answers, web_server


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The address of a served web face; its page to sign in needs no database."""
    with web_server(
        tmp_path_factory.mktemp("web"),
        database="postgresql://127.0.0.1:1/none",
        broker="redis://127.0.0.1:1/0",
    ) as address:
        yield address


@pytest.mark.parametrize(
    "part",
    [
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=",
    ],
)
def test_half_requests_keep_nobody_out_and_are_ended(root, part):
    address = (urlsplit(root).hostname, urlsplit(root).port)
    opened = [socket.create_connection(address, timeout=60) for _ in range(20)]
    for one in opened:
        one.sendall(part)

    assert answers(root)
    for one in opened:
        while one.recv(4096):  # until the server hangs up
            pass
        one.close()


def test_what_a_client_says_about_a_proxy_is_not_believed(root):
    headers = {"X-Forwarded-Proto": "https", "Script-Name": "/x", "SCRIPT_NAME": "/evil"}
    page = requests.get(f"{root}/sign-in", headers=headers, timeout=20)

    assert page.status_code == 200
    assert "/evil" not in page.text
    assert "Secure" not in page.headers["Set-Cookie"]
