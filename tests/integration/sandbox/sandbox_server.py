"""A running sandbox, and a receiver for its callbacks."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from deploy.sandbox.server import Options, sandbox


@dataclass
class SandboxServer:
    """A client of a running sandbox."""

    root: str
    session: requests.Session

    def api(self, path: str, method: str = "GET", **kwargs: Any) -> requests.Response:
        """Send a request to the API, with its token unless other headers are given."""
        kwargs.setdefault("headers", {"Authorization": "Bearer sandbox-token"})
        kwargs.setdefault("allow_redirects", False)
        url = f"{self.root}/s/demo/capi/json/{path}"
        return self.session.request(method, url, timeout=10, **kwargs)

    def control(self, path: str, body: Any = None) -> Any:
        """Send a request to a control route: a POST of ``body``, or a GET without it."""
        method = "GET" if body is None else "POST"
        url = f"{self.root}/sandbox/{path}"
        response = self.session.request(method, url, json=body, timeout=10)
        response.raise_for_status()
        return response.json()

    def dirty_errands(self) -> list[int]:
        """Return the list of changed errands."""
        return (
            self.api("c3_dirty_errand_list")
            .json()["data"]
            .get("attributes", {"errands": []})["errands"]
        )

    def dirty_ratings(self) -> list[int]:
        """Return the list of changed ratings."""
        listed = self.api("c3_dirty_facebook_ratings").json()["data"] or []
        return [int(one["id"]) for one in listed]

    def new_errand(self) -> int:
        """Create an errand and return its id."""
        [errand_id] = self.control("errands", {"count": 1})["ids"]
        return errand_id

    def new_rating(self) -> int:
        """Create a Facebook rating and return its id."""
        [rating_id] = self.control("ratings", {})["ids"]
        return rating_id


@contextmanager
def sandbox_server(**chosen: Any) -> Iterator[SandboxServer]:
    """Run a sandbox in a thread; by default it is empty and makes no changes."""
    ports: queue.Queue[int] = queue.Queue()
    stop: list[Callable[[], Any]] = []

    async def run() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with sandbox(Options(**{"errands": 0, "rate": 0.0, "seed": 7, **chosen})) as port:
            stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
            ports.put(port)
            await stopped.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        with requests.Session() as session:
            yield SandboxServer(f"http://127.0.0.1:{ports.get(timeout=10)}", session)
    finally:
        for end in stop:
            end()
        thread.join(10)


@dataclass
class CallbackReceiver:
    """A receiver of POSTs that answers with the statuses in ``answers``, and then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    media_types: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)


@contextmanager
def callback_receiver() -> Iterator[CallbackReceiver]:
    """Run a receiver."""
    receiver = CallbackReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.bodies.append(json.loads(body))
            receiver.media_types.append(self.headers["Content-Type"])
            receiver.paths.append(self.path)
            receiver.authorizations.append(self.headers["Authorization"])
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/callbacks/demo"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
