"""An answer that waits for something needs no thread that waits with it."""

from __future__ import annotations

import pytest

from receiver.keeping import NotKept
from receiver.late import LateBody, LateResponse
from tests.support.door import Keeping


class Server:
    """Calls an application as WSGI has it, and remembers what it was told."""

    def __init__(self):
        self.status = None

    def start(self, status, headers):
        self.status = status

    def ask(self, response):
        return response({"REQUEST_METHOD": "POST"}, self.start)


@pytest.fixture
def server():
    return Server()


def late(keep):
    pending = Keeping(keep, None, size_bytes=0)
    return LateResponse(b"thanks", "text/plain", pending=pending, confirm=pending.confirm)


def broken(_):
    raise NotKept


def test_it_is_not_begun_before_its_body_is_asked_for(server):
    asked = []

    body = server.ask(late(asked.append))

    assert isinstance(body, LateBody)
    assert (server.status, asked) == (None, [])


def test_whoever_asks_for_its_body_has_waited(server):
    asked = []

    body = server.ask(late(asked.append))

    assert (b"".join(body), server.status, len(asked)) == (b"thanks", "200 OK", 1)


def test_what_has_not_come_about_is_answered_as_an_error(server):
    body = server.ask(late(broken))

    assert b"thanks" not in b"".join(body)
    assert server.status == "500 INTERNAL SERVER ERROR"


def test_it_is_counted_by_what_it_came_to_be(server):
    counted = []
    for keep in (print, broken):
        response = late(keep)
        response.count = counted.append
        list(server.ask(response))

    assert counted == [200, 500]
