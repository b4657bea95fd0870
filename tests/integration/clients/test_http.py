from __future__ import annotations

import asyncio
import gzip
import os
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.clients.conftest import CloseConnection
from workers.clients import errors
from workers.clients.async_http import AsyncHttpApi
from workers.clients.cention.errand_data import ErrandDataApi, ErrandDocuments
from workers.clients.fetch_loop import FetchLoop
from workers.clients.http import MAX_BODY_BYTES, HttpApi, Timeouts
from workers.clients.transport import send_deadline

OK = b"HTTP/1.1 200 OK\r\n"


class OnLoop:
    """Calls the methods of ``ErrandDocuments`` as those of ``ErrandDataApi`` are called."""

    def __init__(self, documents: ErrandDocuments, loop: FetchLoop) -> None:
        self.documents = documents
        self.loop = loop

    def fetch_report(self, errand_id: int) -> dict[str, Any]:
        return self.loop.run(self.documents.fetch_report(errand_id))


@pytest.fixture(params=["requests", "aiohttp"])
def api(request, serve) -> Iterator[Callable[..., Any]]:
    """Make the client that a library user has, and the one that drains have."""
    loops: list[FetchLoop] = []

    def make(
        url: str,
        *,
        connect_s: float = 2,
        read_s: float = 5,
        total_s: float = 10,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> ErrandDataApi | OnLoop:
        timeouts = Timeouts(connect_s=connect_s, read_s=read_s, total_s=total_s)
        limits: dict[str, Any] = {"timeouts": timeouts, "max_body_bytes": max_body_bytes}
        if request.param == "requests":
            return ErrandDataApi(HttpApi("cention", url, **limits), token="t0ken")
        loops.append(loop := FetchLoop(4))
        http = AsyncHttpApi("cention", url, loop=loop, **limits)
        return OnLoop(ErrandDocuments(http, token="t0ken"), loop)

    yield make
    for loop in loops:
        loop.close()


def response(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def sends(*answers: bytes):
    """Send these bytes, then close the connection."""

    def reply(connection: socket.socket) -> None:
        for answer in answers:
            connection.sendall(answer)
        raise CloseConnection

    return reply


def sends_slowly(beginning: bytes, piece: bytes):
    """Send ``piece`` at intervals, without end."""

    def reply(connection: socket.socket) -> None:
        connection.sendall(beginning)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(piece)

    return reply


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def test_a_closed_port_is_unreachable(api):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(errors.Unreachable) as raised:
        api(f"http://127.0.0.1:{port}").fetch_report(33)

    assert "no connection: nothing listens there" in str(raised.value)
    assert str(port) not in str(raised.value)


def test_a_request_that_would_be_sent_too_late_is_not_sent(api, serve):
    server = serve(sends(response(b"{}")))

    with send_deadline(time.monotonic()), pytest.raises(errors.Unreachable):
        api(server.url).fetch_report(33)

    server.stop()
    assert [head for heads in server.heads for head in heads] == []


def test_the_kernel_retransmits_no_request_after_its_total_timeout(api, serve, monkeypatch):
    """Otherwise a request may arrive minutes after its process has died."""
    server = serve(sends(response(b"{}")))
    options = []
    connect = socket.socket.connect

    def watched(self, address):
        options.append(self.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    api(server.url, total_s=3).fetch_report(33)

    assert options == [3000]


def test_a_server_that_accepts_no_connection_in_time_is_unreachable(api):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        clients = [socket.socket() for _ in range(8)]
        for each in clients:
            each.setblocking(False)
            each.connect_ex(address)

        with pytest.raises(errors.Unreachable, match="it does not answer in time"):
            api(f"http://127.0.0.1:{address[1]}", connect_s=0.2).fetch_report(33)

        for each in clients:
            each.close()


def test_a_server_without_tls_is_unreachable_over_tls(api, serve):
    server = serve(sends(response(b"{}")))

    with pytest.raises(errors.Unreachable):
        api(server.url.replace("http:", "https:"), connect_s=0.2).fetch_report(33)


def test_a_host_without_address_is_unreachable_by_its_name(api):
    with pytest.raises(errors.Unreachable, match=r"no such host|no name server answers"):
        api("http://nowhere.invalid/s/demo").fetch_report(33)


def test_a_certificate_that_is_not_trusted_is_named(api, tls_server):
    with pytest.raises(errors.Unreachable, match="its certificate is signed by itself"):
        api(tls_server).fetch_report(33)


@pytest.fixture
def tls_server(serve, certificate):
    """A server whose certificate is signed by itself, and for another name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def encrypted(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            raise CloseConnection

    return serve(encrypted, on_connect=True).url.replace("http:", "https:")


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [("mail.pem", "its certificate is for another"), ("no.pem", "certificates in the settings")],
)
def test_the_authorities_of_the_environment_are_trusted(
    api, tls_server, certificate, monkeypatch, bundle, reason
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_name(bundle)))

    with pytest.raises(errors.Unreachable, match=reason):
        api(tls_server).fetch_report(33)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/s/demo", "127.0.0.1/s/demo", "http:///s/demo"])
def test_an_invalid_base_url_is_refused(api, url):
    with pytest.raises(errors.BadRequest):
        api(url).fetch_report(33)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 204 No Content\r\nServer: x\r\n",
        b"Have a nice day\r\n",
        OK + b'Content-Length: 99\r\n\r\n{"data":',
        OK + b'Transfer-Encoding: chunked\r\n\r\n63\r\n{"data":',
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        OK + b"Content-Length: 2, 3\r\n\r\n{}",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        OK + b"X: y\r\n" * 200 + b"\r\n",
        OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=[
        "nothing",
        "half a header",
        "half the headers",
        "no status line",
        "half a body",
        "half a chunk",
        "no last chunk",
        "no chunk size",
        "two lengths",
        "no gzip",
        "many headers",
        "a long header",
    ],
)
def test_an_incomplete_answer_is_an_incomplete_response(api, serve, answer):
    server = serve(sends(answer))

    with pytest.raises(errors.IncompleteResponse):
        api(server.url).fetch_report(33)


def test_a_chunk_whose_size_is_no_number_ends_the_fetch_before_its_timeout(api, serve):
    """The server keeps the connection open, and the client has begun to read the body."""
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    server = serve(sends_slowly(chunked, b"zz\r\n"))

    with pytest.raises(errors.IncompleteResponse) as raised:
        api(server.url).fetch_report(33)

    assert "Timeout" not in str(raised.value)


def test_a_connection_reset_before_the_answer_is_an_incomplete_response(api, serve):
    def reply(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        raise CloseConnection

    with pytest.raises(errors.IncompleteResponse):
        api(serve(reply).url).fetch_report(33)


@pytest.mark.parametrize(
    "reply",
    [
        silent,
        sends_slowly(b"", b"H"),
        sends_slowly(OK, b"X: y\r\n"),
        sends_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        sends_slowly(OK + b"Content-Length: 9999\r\n\r\n", b" "),
        sends_slowly(OK + b"\r\n", b" "),
        sends_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n270f\r\n", b" "),
        sends_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        sends_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=[
        "silence",
        "a status line",
        "headers",
        "continue",
        "a body",
        "a body without end",
        "a chunk",
        "chunks",
        "trailers",
    ],
)
def test_no_server_holds_a_thread_beyond_the_total_timeout(api, serve, reply):
    server = serve(reply)
    began = time.monotonic()

    with pytest.raises(errors.IncompleteResponse):
        api(server.url, total_s=0.4).fetch_report(33)

    assert time.monotonic() - began < 2


def test_the_read_timeout_applies_to_a_silent_server(api, serve):
    server = serve(silent)
    began = time.monotonic()

    with pytest.raises(errors.IncompleteResponse):
        api(server.url, read_s=0.2).fetch_report(33)

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("digits", "refusal"),
    [(11, errors.TooLarge), (5000, (errors.TooLarge, errors.IncompleteResponse))],
)
def test_a_large_body_is_refused_by_its_announced_length(api, serve, digits, refusal):
    server = serve(sends_slowly(OK + b"Content-Length: " + b"9" * digits + b"\r\n\r\n", b" "))
    began = time.monotonic()

    with pytest.raises(refusal):
        api(server.url).fetch_report(33)

    assert time.monotonic() - began < 2


@pytest.mark.parametrize("chunked", [True, False])
def test_a_compressed_body_is_limited_by_its_decompressed_size(api, serve, chunked):
    bomb = gzip.compress(b" " * 50_000_000, 1)
    if chunked:
        bomb = b"%x\r\n%s\r\n0\r\n\r\n" % (len(bomb), bomb)
        header = b"Transfer-Encoding: chunked"
    else:
        header = b"Content-Length: %d" % len(bomb)
    server = serve(sends(OK + b"Content-Encoding: gzip\r\n" + header + b"\r\n\r\n" + bomb))
    client = api(server.url, max_body_bytes=2_000_000)
    tracemalloc.start()

    with pytest.raises(errors.TooLarge):
        client.fetch_report(33)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8_000_000


def test_a_compressed_document_is_decompressed(api, serve):
    server = serve(sends(response(gzip.compress(b'{"data":null}'), b"Content-Encoding: gzip")))

    assert api(server.url).fetch_report(33) == {"data": None}


def test_the_body_of_an_error_status_may_be_incomplete(api, serve):
    server = serve(
        sends(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9999\r\n\r\n<html>")
    )

    with pytest.raises(errors.Busy) as raised:
        api(server.url).fetch_report(33)

    assert raised.value.retry_after_s == 7


def test_a_thread_reuses_one_connection_and_stores_no_cookie(api, serve):
    answer = response(b"{}", b"Set-Cookie: session=1; Path=/")
    server = serve(lambda connection: connection.sendall(answer))
    client = api(server.url.replace("127.0.0.1", "localhost"))  # some keep no cookie of an address

    for errand_id in range(5):
        client.fetch_report(errand_id)

    [heads] = server.heads
    assert [head.split()[1] for head in heads] == [
        b"/s/demo/capi/json/c3_errand_reports/%d" % errand_id for errand_id in range(5)
    ]
    assert b"ookie" not in b"".join(heads)


def test_a_connection_is_reused_after_a_complete_error_response(api, serve):
    server = serve(lambda connection: connection.sendall(response(b"no", status=b"503 Busy")))
    client = api(server.url)

    for _ in range(3):
        with pytest.raises(errors.Busy):
            client.fetch_report(33)

    assert [len(heads) for heads in server.heads] == [3]


def test_the_rest_of_an_unread_answer_is_not_read_as_the_next_answer(api, serve):
    answers = iter([response(b" " * 40_000_000), response(b'{"data":"mine"}')])

    def reply(connection: socket.socket) -> None:
        connection.sendall(next(answers))

    client = api(serve(reply).url)
    with pytest.raises(errors.TooLarge):
        client.fetch_report(33)

    assert client.fetch_report(34) == {"data": "mine"}


def test_a_connection_that_the_server_closed_is_opened_again(api, serve):
    def reply(connection: socket.socket) -> None:
        connection.sendall(response(b"{}"))
        raise CloseConnection

    server = serve(reply)
    client = api(server.url)
    client.fetch_report(1)
    for thread in server.threads[1:]:
        thread.join()

    assert client.fetch_report(2) == {}


@pytest.mark.parametrize("api", ["requests"], indirect=True)
def test_each_thread_has_its_own_connection(api, serve):
    server = serve(lambda connection: connection.sendall(response(b"{}")))
    client = api(server.url)
    client.fetch_report(1)

    thread = threading.Thread(target=client.fetch_report, args=(2,))
    thread.start()
    thread.join()

    assert sorted(len(heads) for heads in server.heads) == [1, 1]


@pytest.mark.parametrize("api", ["requests"], indirect=True)  # a fork copies no loop's thread
def test_a_forked_child_does_not_use_the_connection_of_its_parent(api, serve):
    """Otherwise one process would read the other's answers."""
    server = serve(lambda connection: connection.sendall(response(b"{}")))
    client = api(server.url)
    client.fetch_report(1)

    child = os.fork()
    if child == 0:
        client.fetch_report(2)
        os._exit(0)
    os.waitpid(child, 0)
    client.fetch_report(3)

    assert sorted(len(heads) for heads in server.heads) == [1, 2]


def test_proxies_are_read_once_and_used(api, serve, monkeypatch):
    proxy = serve(lambda connection: connection.sendall(response(b"{}")))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/s/demo"))
    client = api("http://cention.invalid/s/demo")
    monkeypatch.delenv("HTTP_PROXY")

    client.fetch_report(33)

    assert proxy.heads[0][0].startswith(b"GET http://cention.invalid/s/demo/capi/json/")


def test_a_proxy_that_refuses_is_named(api, serve, monkeypatch):
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    proxy = serve(sends(refusal))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.removesuffix("/s/demo"))

    with pytest.raises(errors.Unreachable, match=r"the proxy refuses it \(HTTP 407\)"):
        api("https://cention.invalid/s/demo").fetch_report(33)

    assert proxy.heads[0][0].startswith(b"CONNECT cention.invalid:443")
    assert b"t0ken" not in proxy.heads[0][0]


def test_a_proxy_that_does_not_answer_is_named(api, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "127.0.0.1:1")

    with pytest.raises(errors.Unreachable, match="of the proxy: nothing listens there"):
        api("http://cention.invalid/s/demo").fetch_report(33)


@pytest.mark.parametrize("scheme", ["socks5h", "socks4", "SOCKS5"])
def test_a_proxy_that_is_not_spoken_to_in_http_is_refused_in_words(api, serve, monkeypatch, scheme):
    """Nothing is sent to it: it would take our request for a wrong one of its own protocol."""
    proxy = serve(sends(response(b"{}")))
    address = proxy.url.removesuffix("/s/demo").removeprefix("http")
    monkeypatch.setenv("ALL_PROXY", scheme + address.replace("//", "//user:s3cret@"))

    with pytest.raises(errors.Unreachable, match="SOCKS is not supported") as raised:
        api("https://cention.invalid/s/demo").fetch_report(33)

    proxy.stop()
    assert [head for heads in proxy.heads for head in heads] == []
    assert "s3cret" not in str(raised.value)


def test_a_proxy_for_all_protocols_is_used(api, serve, monkeypatch):
    proxy = serve(sends(response(b"{}")))
    monkeypatch.setenv("ALL_PROXY", proxy.url.removesuffix("/s/demo"))

    api("http://cention.invalid/s/demo").fetch_report(33)

    assert proxy.heads[0][0].startswith(b"GET http://cention.invalid/s/demo/capi/json/")


def test_no_proxy_is_used_for_a_host_that_the_environment_excepts(api, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "cention.invalid")

    with pytest.raises(errors.Unreachable, match=r"no such host|no name server answers"):
        api("http://cention.invalid/s/demo").fetch_report(33)


def test_a_redirect_is_an_error_and_is_not_followed(api, serve):
    server = serve(sends(response(b"", b"Location: /s/demo/elsewhere", status=b"302 Found")))

    with pytest.raises(errors.Redirected):
        api(server.url).fetch_report(33)

    assert [len(heads) for heads in server.heads] == [1]


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"", b"[]", b"null", b'{"data":', b"NaN"])
def test_a_page_of_a_proxy_is_no_document(api, serve, body):
    server = serve(sends(response(body)))

    with pytest.raises(errors.InvalidResponse):
        api(server.url).fetch_report(33)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (b"401 No", b'{"errors":[{"title":"t0ken is wrong"}]}', errors.Unauthorised),
        (b"404 No", b'{"errors":[{"title":"no t0ken"}]}', errors.NotFound),
        (b"404 No", b"<html>t0ken</html>", errors.WrongUrl),
        (b"400 No", b'{"errors":[{"title":"t0ken"}]}', errors.BadRequest),
        (b"500 No", b'{"errors":[{"title":"t0ken"}]}', errors.IncompleteResponse),
        (b"200 OK", b'{"errors":[{"title":"t0ken"}]}', errors.IncompleteResponse),
    ],
)
def test_each_failure_has_its_error_which_does_not_show_the_token(api, serve, status, body, kind):
    server = serve(sends(response(body, status=status)))
    client = api(server.url)

    with pytest.raises(errors.ApiError) as raised:
        client.fetch_report(33)

    assert type(raised.value) is kind
    assert "t0ken" not in f"{raised.value} {raised.value!r} {client!r} {vars(client)!r}"
    assert raised.value.__cause__ is None


def test_a_request_is_not_repeated_when_a_kept_connection_breaks(api, serve):
    """The first may take effect after the second was answered, and clear a later change's flag."""
    answers = iter([response(b"{}")])

    def reply(connection: socket.socket) -> None:
        if (answer := next(answers, None)) is None:
            raise CloseConnection
        connection.sendall(answer)

    server = serve(reply)
    client = api(server.url)
    client.fetch_report(1)

    with pytest.raises(errors.IncompleteResponse):
        client.fetch_report(2)

    assert sum(len(heads) for heads in server.heads) == 2


@pytest.mark.parametrize("api", ["aiohttp"], indirect=True)
def test_no_request_is_sent_on_a_connection_whose_end_the_loop_has_not_read(api, serve):
    server = serve(sends(response(b"{}")))
    client = api(server.url)

    async def fetch_twice() -> dict[str, Any]:
        await client.documents.fetch_report(1)
        for thread in server.threads[1:]:
            thread.join()
        return await client.documents.fetch_report(2)

    assert client.loop.run(fetch_twice()) == {}


@pytest.mark.parametrize("api", ["aiohttp"], indirect=True)
def test_a_response_that_nobody_asked_for_answers_no_request(api, serve):
    """Else each request would get the answer to the one before it."""
    answers = iter([b'{"n": 1}', b'{"n": 2}'])
    answered, sent = threading.Event(), threading.Event()

    def reply(connection: socket.socket) -> None:
        connection.sendall(response(next(answers)))
        answered.wait(10)
        connection.sendall(response(b'{"n": "stray"}'))
        sent.set()

    async def read_what_has_arrived() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    client = api(serve(reply).url)
    client.fetch_report(1)
    answered.set()
    sent.wait(10)
    client.loop.run(read_what_has_arrived())

    assert client.fetch_report(2) == {"n": 2}


@pytest.mark.parametrize("api", ["aiohttp"], indirect=True)
def test_a_request_whose_connection_was_made_too_late_is_not_sent(api, serve):
    """The process may be suspended while it connects."""
    server = serve(sends(response(b"{}")))
    client = api(server.url)

    async def fetch_late() -> None:
        with send_deadline(time.monotonic() + 0.1):
            fetching = asyncio.ensure_future(client.documents.fetch_report(1))
            await asyncio.sleep(0)
            threading.Event().wait(0.2)
            await fetching

    with pytest.raises(errors.Unreachable):
        client.loop.run(fetch_late())

    server.stop()
    assert [head for heads in server.heads for head in heads] == []


def test_a_request_has_only_the_headers_of_the_client(api, serve, monkeypatch, tmp_path):
    """By default requests prefers a password in .netrc to our token."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = serve(lambda connection: connection.sendall(response(b"{}")))

    api(server.url).fetch_report(33)

    lines = server.heads[0][0].decode().splitlines()[1:]
    assert sorted(line for line in lines if not line.startswith("Host:")) == [
        "Accept-Encoding: gzip",
        "Accept: application/vnd.api+json",
        "Authorization: Bearer t0ken",
        "Cache-Control: no-store",
        "Content-Type: application/vnd.api+json",
        "User-Agent: cention-bridge",
    ]
