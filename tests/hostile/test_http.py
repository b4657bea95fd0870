"""Whatever is done to the receiver's socket, honest callbacks are answered within a second."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from receiver.callback_size import ARRIVING_MAX_BYTES
from tests.hostile.wire import HEAD, answer_on, callback, connections, request, statuses
from tests.integration.receiver.receiver_process import SECRET

MANY = 40  # more than there are threads


def dribble(opened, text, for_s):
    """Send ``text`` over each connection, a byte at a time."""
    ends_at = time.monotonic() + for_s
    for at in range(len(text)):
        for connection in opened:
            connection.send(text[at : at + 1])
        time.sleep(0.2)
        if time.monotonic() > ends_at:
            return


def test_slow_bodies_do_not_delay_others(served):
    with connections(served, MANY) as opened, served.answers_honest_senders():
        for connection in opened:
            connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        dribble(opened, callback(), for_s=1)

    assert served.hostile_rows() == 0


def test_slow_heads_do_not_delay_others(served):
    with connections(served, MANY) as opened, served.answers_honest_senders():
        dribble(opened, HEAD, for_s=1)

    assert served.hostile_rows() == 0


def test_slow_chunks_do_not_delay_others(served):
    with connections(served, MANY) as opened, served.answers_honest_senders():
        for connection in opened:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        dribble(opened, b"1\r\n{\r\n" * 10, for_s=1)

    assert served.hostile_rows() == 0


def test_a_slow_body_is_accepted(served):
    body = callback()

    with served.connect() as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 10):
            connection.sendall(body[at : at + 10])
            time.sleep(0.05)
        assert statuses(answer_on(connection, b"")) == [200]

    assert served.hostile_rows() == 1


def test_a_thousand_idle_connections_do_not_delay_others(served):
    with connections(served, 1000), served.answers_honest_senders():
        pass

    assert served.hostile_rows() == 0


def test_more_connections_than_are_allowed_do_not_delay_others(served):
    with connections(served, 2500), served.answers_honest_senders(within_s=2):
        pass


@pytest.mark.parametrize(
    "flood_of",
    [b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", request(callback(0))],
    ids=["health", "callback"],
)
def test_senders_that_do_not_read_their_answers_do_not_delay_others(served, flood_of):
    def flood(connection):
        connection.settimeout(0.5)
        with suppress(OSError):  # its buffer is full, or it was disconnected
            while True:
                connection.sendall(flood_of * 2000)

    with connections(served, 8) as opened:
        for connection in opened:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(flood, opened))
        with served.answers_honest_senders(within_s=3):
            pass


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: +5\r\n\r\n{}   ",
        b"Content-Length: 1_0\r\n\r\n",
        b"Content-Length: 0x10\r\n\r\n",
        b"Content-Length: 5, 5\r\n\r\n{}   ",
        b"Content-Length: \xb2\r\n\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: identity\r\n\r\n{}",
        b"Transfer-Encoding: gzip\r\n\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2;" + b"x" * 10_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 30_000,
        b" folded: 1\r\n\r\n",
        b"no colon\r\n\r\n",
        b"X: \0\r\n\r\n",
        b"\xff\xfe: 1\r\n\r\n",
        b"Host: y\r\n\r\n",
        b"Transfer-Encoding: klingon\r\n\r\n",
        b"Expect: the worst\r\n\r\n",
        b"X: " + b"x" * 70_000 + b"\r\n\r\n",
        b"X: y\r\n" * 200 + b"\r\n",
        b"X: y\r\n" * 20_000,
    ],
    ids=lambda rest: repr(rest[:45])[2:-1],
)
def test_a_malformed_request_is_refused_at_once(served, rest):
    with served.answers_honest_senders():
        began = time.monotonic()
        answer = served.answer(HEAD + rest, half_close=True)

    assert [status // 100 for status in statuses(answer)] in ([4], [5])
    assert statuses(answer) != [500]
    assert time.monotonic() - began < 5
    assert served.hostile_rows() == 0


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\0" * 100_000,
        b"GET /\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\r\n" * 50_000,
        b"POST /callbacks/demo\r\nX: y HTTP/1.1\r\n\r\n",
        b"POST /callbacks/demo\0 HTTP/1.1\r\n\r\n",
        b"POST  /callbacks/demo  HTTP/1.1\r\n\r\n",
        b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"{" * 1000,
        b"*1\r\n$4\r\nPING\r\n",
    ],
    ids=lambda garbage: repr(garbage[:30])[2:-1],
)
def test_bytes_that_are_not_http_are_refused_or_the_connection_is_closed(served, garbage):
    with served.answers_honest_senders():
        answer = served.answer(garbage, half_close=True)

    assert [status // 100 for status in statuses(answer)] in ([4], [])
    assert served.hostile_rows() == 0


@pytest.mark.parametrize("method", [b"BREW", b"CONNECT", b"TRACE", b"HEAD", b"get", b"P\xd6ST"])
def test_other_methods_are_refused(served, method):
    with served.answers_honest_senders():
        answer = served.answer(method + request(callback())[4:], half_close=True)

    assert statuses(answer)[0] in (400, 404, 405)
    assert served.hostile_rows() == 0


@pytest.mark.parametrize(
    "head",
    [
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
    ],
    ids=["websocket", "h2c"],
)
def test_another_protocol_is_refused(served, head):
    with served.answers_honest_senders():
        answer = served.answer(b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n", half_close=True)

    assert statuses(answer)[0] in (400, 403, 404)


@pytest.mark.parametrize("target", [b"*", b"/%ff", b"/%00", b"//x/y", b"/?%ff", b"http://x/", b"x"])
def test_an_unusual_target_is_not_found_or_refused(served, target):
    with served.answers_honest_senders():
        answer = served.answer(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n", half_close=True)

    assert statuses(answer)[0] in (400, 404)


def test_a_sender_that_reuses_its_connection_for_large_callbacks_loses_none(served):
    """Each begins the moment that the last one is answered, and is larger than the parser holds."""
    with served.connect() as connection:
        for _ in range(300):
            raw = request(callback()[:-1] + b',"text":"' + b"x" * 100_000 + b'"}')
            connection.sendall(raw)
            assert statuses(connection.recv(65536)) == [200]

    assert served.hostile_rows() == 300


def test_endless_tiny_chunks_do_not_delay_others(served):
    def flood(connection):
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):  # refused at last
            for _ in range(50):
                connection.sendall(b"1\r\n \r\n" * 10_000)

    with (
        connections(served, 3) as opened,
        served.answers_honest_senders(),
        ThreadPoolExecutor(3) as threads,
    ):
        list(threads.map(flood, opened))


def test_bytes_behind_a_request_evict_no_other_sender(served):
    with served.connect() as idle, connections(served, 4) as opened:
        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert statuses(idle.recv(65536)) == [200]
        for connection in opened:
            connection.settimeout(0.5)
            connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            with suppress(OSError):  # it is not read for ever
                for _ in range(100):
                    connection.sendall(b"x" * 2**20)

        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert statuses(idle.recv(65536)) == [200]


def test_a_sender_that_half_closes_after_many_requests_gets_all_answers(served):
    gets = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 200

    answer = served.answer(gets, half_close=True)

    assert statuses(answer) == [200] * 200


def test_a_target_may_be_a_whole_url(served):
    absolute = request(callback()).replace(b"POST /", b"POST http://x/", 1)

    assert statuses(served.answer(absolute, half_close=True)) == [200]


def test_a_body_longer_than_announced_is_read_as_far_as_announced(served):
    """The rest is read as a request, which is refused and not quoted."""
    body = callback()
    cut = HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) - 20) + body

    with served.answers_honest_senders():
        answer = served.answer(cut + b"\r\n\r\n", half_close=True)

    assert statuses(answer) == [400, 400]
    assert SECRET.encode() not in answer
    assert SECRET not in served.receiver.log.read_text()
    assert served.hostile_rows() == 0


def test_a_body_shorter_than_announced_is_refused(served):
    body = callback()

    with served.answers_honest_senders():
        answer = served.answer(
            HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body, half_close=True
        )

    assert statuses(answer) == [400]
    assert served.hostile_rows() == 0


def test_pipelined_requests_are_answered_in_order(served):
    wrong = callback().replace(SECRET.encode(), b"wrong")
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    second = callback()

    with served.answers_honest_senders():
        answer = served.answer(
            request(callback())
            + request(wrong)
            + chunked % (len(second), second)
            + request(b"[]")
            + b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
            + request(callback(), b"Connection: close")
        )

    assert statuses(answer) == [200, 401, 200, 400, 404, 200]
    assert served.hostile_rows() == 3


def test_an_announced_oversize_body_is_refused_without_reading_it(served):
    head = HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n"

    with served.answers_honest_senders():
        answer = served.answer(head % (ARRIVING_MAX_BYTES + 1))

    assert statuses(answer) == [413]


def test_an_endless_body_is_refused_when_it_is_too_long(served):
    def endless(connection):
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%s\r\n" % (2**20, b" " * 2**20)
        return answer_on(connection, chunk * 13)

    with (
        connections(served, 3) as opened,
        served.answers_honest_senders(within_s=3),
        ThreadPoolExecutor(3) as threads,
    ):
        answer = list(threads.map(endless, opened))

    assert [statuses(one) for one in answer] == [[413]] * 3
    assert served.hostile_rows() == 0


def test_a_sender_that_expects_100_continue_gets_it(served):
    body = callback()
    head = b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)

    with served.connect() as connection:
        connection.sendall(HEAD + head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert statuses(answer_on(connection, body)) == [200]

    assert served.hostile_rows() == 1


def test_half_closed_senders_get_their_answer(served):
    assert statuses(served.answer(request(callback()), half_close=True)) == [200]
    assert served.hostile_rows() == 1


def test_no_row_is_left_of_senders_that_disconnect(served):
    with served.answers_honest_senders():
        for _ in range(50):
            with served.connect() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(request(callback())[:-1])

    assert served.hostile_rows() == 0
    assert "Traceback" not in served.receiver.log.read_text()


def test_refused_senders_that_do_not_disconnect_do_not_delay_others(served):
    """No thread, and not the event loop, waits until they disconnect."""
    with connections(served, MANY) as opened, served.answers_honest_senders():
        for connection in opened:
            connection.sendall(b"garbage\r\n\r\n")


def test_a_request_that_has_begun_outlives_the_limit_of_an_idle_connection(impatient_receiver):
    """The limit for idle connections is a second there, that for a request half a second."""
    with impatient_receiver.connect() as connection:
        connection.sendall(request(callback()))
        assert statuses(connection.recv(65536)) == [200]
        time.sleep(0.8)
        raw = request(callback())
        connection.sendall(raw[:50])
        time.sleep(0.35)
        connection.sendall(raw[50:])

        assert statuses(connection.recv(65536)) == [200]


def test_a_request_that_takes_too_long_is_answered_408(impatient_receiver):
    with impatient_receiver.connect() as connection, impatient_receiver.connect() as silent:
        connection.sendall(HEAD)

        assert statuses(answer_on(connection, b"")) == [408]
        assert answer_on(silent, b"") == b""
