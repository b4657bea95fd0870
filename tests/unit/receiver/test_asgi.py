"""Requests of one kind wait for each other, and not for those of another kind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

import pytest
from prometheus_client import REGISTRY

from receiver import asgi
from receiver.asgi import SHARES, AsgiAdapter, Share, environ_of
from schemas.surveys.questions import LANGUAGES

SURVEY = next(share for share in SHARES if share.name == "survey")


class Application:
    """A WSGI application that holds every survey page until it is released."""

    def __init__(self):
        self.released = threading.Event()
        self.started = threading.Semaphore(0)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/s/"):
            self.started.release()
            self.released.wait(10)
        start_response("200 OK", [])
        return [b"whole"]


@pytest.fixture
def shares(monkeypatch):
    """Let two survey pages in at once, of which one is answered."""
    small = Share(name="survey", paths=SURVEY.paths, threads=1, at_once=2, busy=SURVEY.busy)
    others = tuple(share for share in SHARES if share.name != "survey")
    monkeypatch.setattr(asgi, "SHARES", (small, *others))


def request_for(path, **more):
    return {
        "method": "GET",
        "scheme": "http",
        "http_version": "1.1",
        "server": None,
        "raw_path": path,
        "query_string": b"",
        "headers": [],
    } | more


def ask(adapter, path):
    return asyncio.ensure_future(adapter.answer(request_for(path), b""))


def refused_so_far():
    return REGISTRY.get_sample_value("cention_refused_requests_total", {"status": "503"}) or 0


@contextmanager
def adapting(application):
    adapter = AsgiAdapter(application)
    yield adapter
    application.released.set()
    adapter.close()


def test_survey_pages_beyond_the_limit_are_told_in_words_to_come_again(shares):
    application = Application()
    before = refused_so_far()

    async def crowd(adapter):
        waiting = [ask(adapter, b"/s/a"), ask(adapter, b"/s/b")]
        await asyncio.to_thread(application.started.acquire)
        refused = await ask(adapter, b"/survey/alvaria/demo")
        application.released.set()
        return refused, await asyncio.gather(*waiting), await ask(adapter, b"/s/c")

    with adapting(application) as adapter:
        refused, admitted, later = asyncio.run(crowd(adapter))

    headers = dict(refused.headers)
    assert refused_so_far() == before + 1
    assert refused.status == 503
    assert headers[b"retry-after"] == b"5"
    assert headers[b"cache-control"] == b"no-store"
    assert all(f'<div lang="{name}">' in refused.body.decode() for name in LANGUAGES)
    assert [one.body for one in (*admitted, later)] == [b"whole"] * 3


@pytest.mark.parametrize(
    "path", [b"/health/ready", b"/metrics", b"/answers/demo/x", b"/callbacks/x"]
)
def test_nothing_else_waits_for_survey_pages(shares, path):
    application = Application()

    async def beside(adapter):
        waiting = [ask(adapter, b"/s/a"), ask(adapter, b"/s/b")]
        await asyncio.to_thread(application.started.acquire)
        answered = await ask(adapter, path)
        application.released.set()
        await asyncio.gather(*waiting)
        return answered

    with adapting(application) as adapter:
        assert asyncio.run(beside(adapter)).status == 200


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        (("192.0.2.1", 8443), "192.0.2.1", "8443"),
        (("/run/bridge.sock", None), "localhost", "0"),
        (None, "localhost", "0"),
    ],
)
def test_a_request_through_a_unix_socket_has_no_port(server, host, port):
    environ = environ_of(request_for(b"/health/live", server=server), b"")

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (host, port)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/callbacks/demo", "/callbacks/demo"),
        (b"/s/a%20b", "/s/a b"),
        (b"http://x/callbacks/demo", "/callbacks/demo"),
        (b"http://x", "/"),
        (b"*", "/"),
    ],
)
def test_the_target_of_a_request_may_be_a_whole_url(target, path):
    assert environ_of(request_for(target), b"")["PATH_INFO"] == path


def test_a_header_that_is_sent_twice_has_both_values():
    headers = [(b"x-a", b"1"), (b"content-length", b"2"), (b"x-a", b"3")]

    environ = environ_of(request_for(b"/", headers=headers), b"{}")

    assert (environ["HTTP_X_A"], environ["CONTENT_LENGTH"]) == ("1,3", "2")
