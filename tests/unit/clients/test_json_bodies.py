from __future__ import annotations

import pytest

from workers.clients.json_bodies import failure_texts, read_json


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


@pytest.mark.parametrize(
    "document",
    [
        {"data": None},
        {"data": None, "errors": []},
        {"data": None, "error": ""},
        {"data": None, "errors": [], "error": None},
        {"data": {}, "errors": [{"title": "beside data"}]},
        {"data": [], "error": "beside data"},
        {},
    ],
)
def test_null_data_beside_an_empty_list_of_errors_is_no_failure(document):
    assert failure_texts(document) is None


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        ({"errors": []}, ()),
        ({"error": ""}, ("",)),
        ({"data": None, "errors": [{"title": "down", "detail": "for now"}]}, ("down", "for now")),
        ({"data": None, "errors": [], "error": "down"}, ("down",)),
    ],
)
def test_a_document_with_an_error_instead_of_data_is_a_failure(document, texts):
    assert failure_texts(document) == texts
