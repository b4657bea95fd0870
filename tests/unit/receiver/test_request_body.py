"""A body is read whole, or refused: never a part of it."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.test import create_environ

from receiver.request_body import read_body

APP = Flask(__name__)


class BrokenStream:
    def read(self, *_):
        raise OSError("a broken chunk")

    readline = readlines = read


def body_of(stream, length=None, **options):
    environ = create_environ(method="POST")
    environ |= {"wsgi.input": stream, "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    with APP.request_context(environ):
        return read_body(**{"max_bytes": 10} | options)


@pytest.mark.parametrize("length", [4, None])
def test_a_body_is_read_with_and_without_an_announced_length(length):
    assert body_of(BytesIO(b"body"), length) == b"body"


@pytest.mark.parametrize("length", [10, None])
def test_a_body_may_have_as_many_bytes_as_are_allowed(length):
    assert body_of(BytesIO(bytes(10)), length) == bytes(10)
    with pytest.raises(RequestEntityTooLarge):
        body_of(BytesIO(bytes(11)), length and 11)


def test_a_body_may_be_too_large_in_another_way():
    with pytest.raises(RequestEntityTooLarge):
        body_of(BytesIO(b"body"), is_too_large=lambda body: body == b"body")


def test_a_body_that_is_shorter_than_announced_ended_early():
    with pytest.raises(BadRequest, match="The body ended early"):
        body_of(BytesIO(b"bod"), 4)


@pytest.mark.parametrize("length", [4, None])
def test_a_body_that_breaks_off_ended_early(length):
    with pytest.raises(BadRequest, match="The body ended early"):
        body_of(BrokenStream(), length)
