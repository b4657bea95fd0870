from __future__ import annotations

import pytest

from workers.clients.json_bodies import read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"\xef\xbb\xbf{}", {}),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"-9223372036854775809", -9223372036854775809),
        (b'"\\ud800"', "\ud800"),
        (b'"\xc3\xa5"', "å"),
        (b"1.5", 1.5),
    ],
)
def test_json_is_read_exactly(body, value):
    assert read_json(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{} x",
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b'"\xff"',
        b"9" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_json_that_no_database_could_store_is_refused(body):
    with pytest.raises(ValueError):  # noqa: PT011  # the base class is the promise
        read_json(body)
