"""Requests of one kind wait for each other, and not for those of another kind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

import pytest
from prometheus_client import REGISTRY

from receiver import asgi
from receiver.asgi import SHARES, AsgiAdapter, Share
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


def ask(adapter, path):
    scope = {
        "method": "GET",
        "scheme": "http",
        "http_version": "1.1",
        "server": None,
        "raw_path": path,
        "query_string": b"",
        "headers": [],
    }
    return asyncio.ensure_future(adapter.answer(scope, b""))


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
