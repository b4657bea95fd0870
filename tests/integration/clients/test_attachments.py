from __future__ import annotations

import base64
import errno
import hashlib
import os
import socket
import tempfile
import tracemalloc

import pytest

from tests.integration.clients.conftest import CloseConnection
from workers.clients import errors
from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.http import HttpApi, Timeouts

HEAD = b'{"data":{"attributes":{"attachment":{"name":"a","content":"'
TAIL = b'"}}}}'


def api(url: str) -> AttachmentsApi:
    timeouts = Timeouts(connect_s=2, read_s=5, total_s=60)
    return AttachmentsApi(HttpApi("cention", url, timeouts=timeouts), token="t0ken")


def sends_file(block: bytes, times: int, *, announced: int | None = None):
    """Reply with an attachment that repeats ``block``."""
    text = base64.b64encode(block)
    length = len(HEAD) + len(text) * times + len(TAIL) if announced is None else announced

    def reply(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (length, HEAD))
        for _ in range(times):
            connection.sendall(text)
        connection.sendall(TAIL)
        raise CloseConnection

    return reply


def test_a_file_of_any_size_needs_little_memory(serve):
    block, times = os.urandom(3 * 256 * 1024), 34
    size = len(block) * times
    client = api(serve(sends_file(block, times)).url)
    tracemalloc.start()

    with client.fetch("c3_response_attachments", 1, max_bytes=size) as fetched:
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert size > 25 * 1024 * 1024
        assert fetched.size_bytes == size
        assert fetched.sha256 == hashlib.sha256(block * times).digest()
        assert hashlib.file_digest(fetched.content, "sha256").digest() == fetched.sha256
    assert peak_bytes < 4 * 1024 * 1024  # the server's own block and text are in it


def test_a_file_that_announces_too_much_is_refused_before_it_is_read(serve):
    client = api(serve(sends_file(b"", 0, announced=10**12)).url)

    with pytest.raises(errors.TooLarge):
        client.fetch("c3_response_attachments", 1, max_bytes=10**6)


def test_an_incomplete_file_is_not_read_as_a_short_one(serve):
    client = api(serve(sends_file(os.urandom(300_000), 1, announced=10**6)).url)

    with pytest.raises(errors.IncompleteResponse):
        client.fetch("c3_response_attachments", 1, max_bytes=10**6)


def test_a_full_disk_is_a_local_error_and_not_the_attachments(serve, monkeypatch):
    class Full(tempfile.SpooledTemporaryFile):
        def write(self, *_: object) -> int:
            raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Full)
    client = api(serve(sends_file(os.urandom(300_000), 1)).url)

    with pytest.raises(OSError, match="no space left"):
        client.fetch("c3_response_attachments", 1, max_bytes=10**6)
