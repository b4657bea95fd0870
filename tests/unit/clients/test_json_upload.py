from __future__ import annotations

import base64
import json
import tracemalloc

import pytest

from workers.clients.cention.outgoing_files import BytesContent, FileContent, attachment_of
from workers.clients.streaming.json_upload import Base64, ContentChanged, StreamedJson, encode


@pytest.mark.parametrize("size", [0, 1, 2, 3, 48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 200_000])
def test_a_content_becomes_one_string_of_base64_of_the_announced_length(size):
    content = bytes(number % 251 for number in range(size))

    body = encode({"a": Base64(BytesContent(content)), "b": ["ö", None]})

    sent = b"".join(body)  # type: ignore[arg-type]
    assert len(body) == len(sent)
    assert json.loads(sent) == {"a": base64.b64encode(content).decode(), "b": ["ö", None]}


def test_contents_keep_their_order():
    body = encode([Base64(BytesContent(b"one")), {"x": Base64(BytesContent(b"two"))}])

    assert json.loads(b"".join(body)) == ["b25l", {"x": "dHdv"}]  # type: ignore[arg-type]


def test_a_document_without_contents_is_its_bytes():
    assert encode({"a": "ö"}) == '{"a": "ö"}'.encode()


@pytest.mark.parametrize("wrong", [object(), float("nan"), {1, 2}])
def test_a_value_that_json_cannot_express_is_refused(wrong):
    with pytest.raises(ValueError, match="JSON"):
        encode({"a": wrong})


@pytest.mark.parametrize("now", [b"short", b"much longer than it was before"])
def test_a_file_that_changed_ends_the_upload_before_its_end(tmp_path, now):
    path = tmp_path / "file"
    path.write_bytes(b"as it was first")
    body = encode(Base64(FileContent.of(path)))
    path.write_bytes(now)

    with pytest.raises(ContentChanged):
        b"".join(body)  # type: ignore[arg-type]


def test_a_large_file_is_never_whole_in_memory(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(20_000_000))
    body = encode({"content": Base64(FileContent.of(path))})
    assert isinstance(body, StreamedJson)

    tracemalloc.start()
    length = sum(len(piece) for piece in body)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert length == len(body)
    assert peak_bytes < 1_000_000


def test_the_path_determines_name_and_type_of_a_file(tmp_path):
    path = tmp_path / "räkning.pdf"
    path.write_bytes(b"%PDF")

    attachment = attachment_of(path)

    assert (attachment.name, attachment.content_type) == ("räkning.pdf", "application/pdf")
    assert attachment.content.size_bytes == 4


def test_a_folder_is_not_an_attachment(tmp_path):
    with pytest.raises(IsADirectoryError):
        attachment_of(tmp_path)
