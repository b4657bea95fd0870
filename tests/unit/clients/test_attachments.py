from __future__ import annotations

import base64
import copy
import hashlib
import os

import pytest
import responses

from tests.support.chunks import ChunkedHttp, fetch_attachment
from workers.clients import errors
from workers.clients.cention.attachments import AttachmentsApi

ADDRESS = "https://api.example.test/s/demo/capi/json/c3_response_attachments/1270"
LONG = base64.b64encode(bytes(range(256)) * 400).decode()


def document_with(content: str, *, name: str = '"a.txt"', after: str = "") -> str:
    attachment = f'{{"c3_id":1270,"name":{name},"content":{content}{after}}}'
    return f'{{"data":{{"id":"1270","attributes":{{"attachment":{attachment}}}}}}}'


@responses.activate
def test_an_attachment_arrives_as_a_file_beside_its_document(attachments, document):
    sample = document("response_attachment_1270")
    responses.get(ADDRESS, json=sample)

    with attachments.fetch("c3_response_attachments", 1270, max_bytes=100) as fetched:
        content = fetched.content.read()

    assert content == b"Apple Pen Pineapple Pen"
    assert fetched.size_bytes == len(content)
    assert fetched.sha256 == hashlib.sha256(content).digest()
    expected = copy.deepcopy(sample)
    expected["data"]["attributes"]["attachment"]["content"] = None
    assert fetched.document == expected
    [call] = responses.calls
    assert call.request.headers["Authorization"] == "Bearer t0ken-of-the-workspace"
    assert call.request.headers["Content-Type"] == "application/vnd.api+json"


@pytest.mark.parametrize("data", [b"", b'"data":null,'])
def test_an_error_document_in_place_of_an_attachment_is_temporary(data):
    with pytest.raises(errors.IncompleteResponse, match="failed on the server: busy"):
        fetch_attachment(b'{%s"errors":[{"title":"busy"}]}' % data)


def test_an_empty_content_is_an_empty_file():
    with fetch_attachment(document_with('""').encode()) as fetched:
        assert fetched.content.read() == b""
        assert fetched.size_bytes == 0


def test_of_two_contents_the_last_is_used_as_in_json():
    with fetch_attachment(
        document_with('"QQ=="', after=f', "content":"{LONG}"').encode()
    ) as fetched:
        assert fetched.size_bytes == 256 * 400


@pytest.mark.parametrize(
    "text",
    [
        '{"data":{"attributes":{"attachment":{"name":"a"}}}}',
        '{"data":{"attributes":{"attachment":null}}}',
        '{"data":{"attributes":[]}}',
        '{"data":[]}',
        "{}",
        document_with("null"),
        document_with("7"),
        document_with('"QQ"'),
        document_with('"QQ==QQ=="'),
        document_with('"Q-_="'),
        document_with('"QQ\\\\n=="'),
        document_with('"QÅ=="'),
        document_with(f'"{LONG}Q"'),
        document_with(f'"{LONG}****"'),
        document_with(f'"{LONG}\\u00"'),
        document_with(f'"{LONG}\\\\"'),
        document_with(f'"{LONG}\\""'),
        document_with('"QQ=="', name=f'"{LONG}"'),
        document_with('"QQ=="', name=f'"{"a.txt " * 20_000}"'),
        document_with(f'"{LONG}"', name=f'"{LONG}"'),
        document_with(f'"{LONG}"', after=', "content":"QQ=="'),
        document_with(f'"{LONG}"', after=f', "content":"{LONG}"'),
        document_with('"QQ=="', after=f', "{LONG}":1'),
    ],
    ids=lambda text: text if len(text) < 100 else f"{text[:80]}..{text[-40:]}",
)
def test_a_document_without_decodable_content_differs_from_a_temporary_failure(text):
    with pytest.raises(errors.BadContent):
        fetch_attachment(text.encode())


def test_a_file_without_content_whose_name_and_type_are_given_is_empty():
    text = '{"data":{"attributes":{"attachment":{"name":"a.txt","content_type":"text/plain"}}}}'

    with fetch_attachment(text.encode()) as file:
        assert (file.size_bytes, file.content.read()) == (0, b"")


def test_a_document_without_data_means_not_found():
    with pytest.raises(errors.NotFound):
        fetch_attachment(b'{"data":null}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"data":',
        document_with(f'"{LONG}"')[:-1],
        document_with(f'"{LONG}"')[:-40],
        f'<html><img src="data:image/png;base64,{LONG}"></html>',
    ],
    ids=lambda text: text[:60],
)
def test_a_web_page_or_an_incomplete_document_is_temporary(text):
    with pytest.raises(errors.InvalidResponse):
        fetch_attachment(text.encode())


@pytest.mark.parametrize(("content", "kept"), [(f'"{LONG}"', "null"), ('"QQ=="', '"QQ=="')])
def test_of_a_document_that_is_too_deep_the_text_is_kept_without_a_long_content(content, kept):
    deep = f', "extra":{"[" * 300}{"]" * 300}'

    with pytest.raises(errors.TooDeep, match="nests deeper than 250 levels") as refusal:
        fetch_attachment(document_with(content, after=deep).encode())

    assert refusal.value.body == document_with(kept, after=deep)


@pytest.mark.parametrize("size", [100, 100_000])
def test_content_may_be_as_large_as_the_limit_and_no_larger(size):
    body = document_with(f'"{base64.b64encode(os.urandom(size)).decode()}"').encode()

    fetch_attachment(body, max_bytes=size).close()

    with pytest.raises(errors.TooLarge):
        fetch_attachment(body, max_bytes=size - 1)


def test_the_document_around_the_content_is_limited_too():
    with pytest.raises(errors.TooLarge):
        fetch_attachment(document_with('"QQ=="', after=', "x":[' + "1," * 200_000 + "1]").encode())


def test_nothing_is_read_after_the_limit():
    def endless():
        yield document_with('"')[:-4].encode()
        while True:
            yield LONG[:-4].encode()

    with pytest.raises(errors.TooLarge):
        AttachmentsApi(Endless(endless()), token="t").fetch("c3_area_archives", 1, max_bytes=10**6)


class Endless(ChunkedHttp):
    """An HTTP client whose response never ends."""

    def __init__(self, pieces) -> None:
        self._chunks = pieces
