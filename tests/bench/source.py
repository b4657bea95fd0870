"""A Cention that is no brake: it serves rendered errand reports as fast as sockets allow.

``python -m tests.bench.source PORT`` serves the workspace ``/s/demo``, and others by their names.
As at Cention, a fetch of a report clears its mark in the list of changed errands of its workspace.
The measurement controls it by these routes:

* ``POST /source/change`` with ``{"first": …, "count": …, "workspace": …, "rendered": …}`` marks
  errands as changed; those that are not rendered differ in their number alone, which has seven
  digits, and take no memory;
* ``POST /source/latency`` with ``{"seconds": …}`` delays every answer;
* ``POST /source/forget`` clears all marks;
* ``/source/left`` does nothing else than all of them: it answers how many errands are marked, in
  all workspaces.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict

import uvloop

from tests.bench.documents import errand_report

WORKSPACES = b"/s/"
REPORT = b"c3_errand_reports/"
FIRST_TEMPLATE = 1_999_980  # the number of a document in which it is replaced
TEMPLATES = 60
MEDIA_TYPE = b"application/vnd.api+json"


class Cention:
    """The errands, and which of them are marked as changed."""

    def __init__(self) -> None:
        self.latency_s = 0.0
        self._rendered: dict[bytes, bytes] = {}
        self._changed: defaultdict[bytes, dict[int, None]] = defaultdict(dict)
        self._templates = [
            (b"%d" % number, _report(number))
            for number in range(FIRST_TEMPLATE, FIRST_TEMPLATE + TEMPLATES)
        ]

    def answer(self, path: bytes) -> bytes:
        """Return the answer to a GET of the API."""
        workspace, _, asked = path.removeprefix(WORKSPACES).partition(b"/capi/json/")
        changed = self._changed[workspace]
        if asked.startswith(REPORT):
            number = asked[len(REPORT) :]
            changed.pop(int(number), None)
            return self._rendered.get(number) or self._of_template(number)
        match asked:
            case b"c3_dirty_errand_list":
                ids = list(changed)
                # Cention lists them in no order.
                attributes = {"attributes": {"errands": ids[::2] + ids[1::2]}} if ids else {}
                data = {"type": "c3_dirty_errand_list", "id": "0", **attributes}
                return _reply(b"200 OK", json.dumps({"data": data}).encode())
            case b"c3_dirty_facebook_ratings":
                return _reply(b"200 OK", b'{"data": null}')
        return _reply(b"404 Not Found", b'{"errors": [{"title": "not found", "status": "404"}]}')

    def control(self, path: bytes, body: bytes) -> bytes:
        """Carry out a request of the measurement; return the answer."""
        asked = json.loads(body or b"{}")
        match path:
            case b"/source/change":
                changed = self._changed[asked.get("workspace", "demo").encode()]
                for errand_id in range(asked["first"], asked["first"] + asked["count"]):
                    number = b"%d" % errand_id
                    if asked.get("rendered", True) and number not in self._rendered:
                        self._rendered[number] = _report(errand_id)
                    changed[errand_id] = None
            case b"/source/latency":
                self.latency_s = asked["seconds"]
            case b"/source/forget":
                self._changed.clear()
        return _reply(b"200 OK", json.dumps(sum(map(len, self._changed.values()))).encode())

    def _of_template(self, number: bytes) -> bytes:
        place, template = self._templates[int(number) % TEMPLATES]
        return template.replace(place, number)


def _report(errand_id: int) -> bytes:
    return _reply(b"200 OK", json.dumps(errand_report(errand_id)).encode())


def _reply(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (status, MEDIA_TYPE, len(body)) + body


class Connection(asyncio.Protocol):
    """One connection, which is kept alive; requests may arrive in pieces and in groups."""

    def __init__(self, cention: Cention) -> None:
        self._cention = cention
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        unread = self._unread + data
        while (end := unread.find(b"\r\n\r\n")) >= 0:
            head, rest = unread[:end], unread[end + 4 :]
            length = _content_length(head) if head.startswith(b"POST") else 0
            if len(rest) < length:
                break
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            self._answer(path, rest[:length])
            unread = rest[length:]
        self._unread = unread

    def _answer(self, path: bytes, body: bytes) -> None:
        if path.startswith(b"/source/"):
            self._transport.write(self._cention.control(path, body))
        elif self._cention.latency_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self._cention.latency_s, self._answer_late, path)
        else:
            self._transport.write(self._cention.answer(path))

    def _answer_late(self, path: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._cention.answer(path))


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)


async def serve(port: int) -> None:
    cention = Cention()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(cention), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
