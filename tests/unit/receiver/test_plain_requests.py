"""Only a request whose head leaves no doubt is answered without gunicorn's protocol."""

from __future__ import annotations

import pytest

from receiver.asgi import Reply
from receiver.plain_requests import HEAD_LIMITS, answer_of, read_head

LINE = b"POST /callbacks/demo HTTP/1.1\r\n"
HEAD = LINE + b"Host: x\r\nContent-Length: 2\r\n"
CLIENT = ("192.0.2.1", 50_000)


LIMITS = dict.fromkeys(HEAD_LIMITS, 1000)


def read(data, max_bytes=10_000, **limits):
    return read_head(
        data, max_bytes=max_bytes, limits=LIMITS | limits, server=("x", 80), client=CLIENT
    )


@pytest.mark.parametrize(
    "more",
    [b"", b"Content-Type: application/vnd.api+json\r\n", b"Connection: Keep-Alive\r\n"],
)
@pytest.mark.parametrize("begun", [b"", b"{", b"{}", b"{}POST"])
def test_a_callback_with_a_length_is_plain(more, begun):
    head = HEAD + more + b"\r\n"

    plain = read(head + begun)

    assert plain is not None
    assert (plain.head_bytes, plain.size_bytes) == (len(head), len(head) + 2)
    assert (plain.scope["raw_path"], plain.scope["client"]) == (b"/callbacks/demo", CLIENT)
    assert dict(plain.scope["headers"])[b"host"] == b"x"


@pytest.mark.parametrize(
    "data",
    [
        HEAD,
        HEAD + b"\r",
        LINE + b"\r\n",
        LINE + b"Host: x\r\n\r\n",
        LINE + b"Content-Length: 2\r\n\r\n{}",
        HEAD.replace(b"POST", b"GET") + b"\r\n",
        HEAD.replace(b"1.1", b"1.0") + b"\r\n",
        HEAD.replace(b"demo", b"demo?x") + b"\r\n",
        HEAD.replace(b"demo", b"d%65mo") + b"\r\n",
        HEAD.replace(b"demo", b"demo/more") + b"\r\n",
        HEAD.replace(b"/callbacks", b"http://x/callbacks") + b"\r\n",
        HEAD.replace(b": 2", b": +2") + b"\r\n{}",
        HEAD.replace(b": 2", b": 2, 2") + b"\r\n{}",
        HEAD.replace(b": 2", b": \xb2") + b"\r\n{}",
        HEAD.replace(b": 2", b": 9999999999") + b"\r\n{}",
        HEAD.replace(b"\r\n", b"\n") + b"\n{}",
        HEAD + b"Content-Length: 2\r\n\r\n{}",
        HEAD + b"Host: y\r\n\r\n{}",
        HEAD + b"X: 1\r\nX: 2\r\n\r\n{}",
        HEAD + b"Content_Length: 3\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Expect: 100-continue\r\n\r\n",
        HEAD + b"Upgrade: websocket\r\n\r\n{}",
        HEAD + b"Connection: close\r\n\r\n{}",
        HEAD + b"Connection: keep-alive, X\r\n\r\n{}",
        HEAD + b" folded: 1\r\n\r\n{}",
        HEAD + b"no colon\r\n\r\n{}",
        HEAD + b"X : 1\r\n\r\n{}",
        HEAD + b"X: \0\r\n\r\n{}",
    ],
)
def test_every_other_request_is_left_to_the_protocol_of_gunicorn(data):
    assert read(data) is None


def test_a_request_larger_than_the_limit_is_not_plain():
    head = HEAD.replace(b": 2", b": 100") + b"\r\n"

    assert read(head, max_bytes=len(head) + 100) is not None
    assert read(head, max_bytes=len(head) + 99) is None


@pytest.mark.parametrize(
    ("limit", "enough", "too_little"),
    [
        ("limit_request_line", len(LINE), len(LINE) - 3),
        ("limit_request_fields", 2, 1),
        ("limit_request_field_size", 19, 15),
    ],
)
def test_a_head_beyond_a_limit_of_gunicorn_is_not_plain(limit, enough, too_little):
    data = HEAD + b"\r\n{}"

    assert read(data, **{limit: enough}) is not None
    assert read(data, **{limit: too_little}) is None


def test_an_answer_has_its_status_date_headers_and_body():
    reply = Reply(status=422, headers=[(b"content-length", b"2")], body=b"{}")

    head, _, body = answer_of(reply, is_last=False).partition(b"\r\n\r\n")

    status, date, length = head.split(b"\r\n")
    assert status == b"HTTP/1.1 422 Unprocessable Entity"
    assert date.startswith(b"Date: ")
    assert date.endswith(b" GMT")
    assert (length, body) == (b"content-length: 2", b"{}")


def test_the_last_answer_of_a_connection_says_so():
    reply = Reply(status=200, headers=[], body=b"")

    assert b"\r\nConnection: close\r\n\r\n" in answer_of(reply, is_last=True)
