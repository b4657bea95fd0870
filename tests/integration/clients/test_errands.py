"""Large files are sent over a real connection, which may fail during the upload."""

from __future__ import annotations

import socket

import pytest

from schemas.cention.errands import NewErrand
from tests.integration.clients.conftest import CloseConnection
from tests.integration.sandbox.sandbox_server import sandbox_server
from workers.clients import errors
from workers.clients.cention.errands import ErrandsApi
from workers.clients.cention.outgoing_files import attachment_of
from workers.clients.http import HttpApi, Timeouts

LARGE = 20_000_000


def errands_at(url: str, *, read_s: float = 5) -> ErrandsApi:
    timeouts = Timeouts(connect_s=1, read_s=read_s, total_s=20)
    return ErrandsApi(HttpApi("cention", url, timeouts=timeouts), token="sandbox-token")


@pytest.fixture
def large(tmp_path):
    """An errand with a large file, and that file."""
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(LARGE))
    return NewErrand(from_address="a@b.example", attachments=(attachment_of(path),)), path


def read_body(connection: socket.socket) -> bool:
    """Read up to the end of a document; return whether it arrived."""
    end = b""
    while piece := connection.recv(1 << 20):
        end = (end + piece)[-10:]
        if end.endswith(b"}}}"):
            return True
    return False


def test_the_errands_client_needs_neither_database_nor_broker(large):
    errand, _ = large
    with sandbox_server() as cention:
        created = errands_at(f"{cention.root}/s/demo").create(errand)

        created_errand = cention.control("truth/errands")["created"][str(created.errand_id)]
    assert created_errand["msg"]["attachments"][0]["size_bytes"] == LARGE


def test_a_refusal_before_the_file_is_sent_completely_is_a_known_outcome(serve, large):
    errand, _ = large

    def too_large(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        read_body(connection)
        raise CloseConnection

    with pytest.raises(errors.BadRequest) as caught:
        errands_at(serve(too_large).url).create(errand)

    assert caught.value.status == 413


def test_a_file_that_shrank_during_the_upload_never_arrives_complete(serve, large):
    errand, path = large
    whole: list[bool] = []

    def count(connection: socket.socket) -> None:
        whole.append(read_body(connection))
        raise CloseConnection

    server = serve(count)
    path.write_bytes(bytes(LARGE // 2))
    with pytest.raises(errors.ApiError) as caught:
        errands_at(server.url).create(errand)
    server.stop()

    assert not errors.outcome_is_unknown(caught.value)
    assert whole == [False]


def test_silence_after_the_whole_file_leaves_the_outcome_unknown(serve, large):
    errand, _ = large

    def silent(connection: socket.socket) -> None:
        assert read_body(connection)
        read_body(connection)

    with pytest.raises(errors.IncompleteResponse) as caught:
        errands_at(serve(silent).url, read_s=0.5).create(errand)

    assert errors.outcome_is_unknown(caught.value)
