"""Response attachments and area archives: files in base64."""

from __future__ import annotations

import base64
import hashlib

import pytest


def fetch(cention, file):
    response = cention.api(f"{file['type']}/{file['id']}")
    return response.json()["data"]["attributes"]["attachment"]


@pytest.mark.parametrize("type_", ["c3_response_attachments", "c3_area_archives"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 25 * 1024 * 1024])
def test_a_file_is_sent_as_base64_with_the_expected_content(cention, type_, size):
    file = cention.control("attachments", {"type": type_, "bytes": size})

    attachment = fetch(cention, file)

    content = base64.b64decode(attachment["content"])
    assert len(content) == file["size_bytes"] == size
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert attachment["c3_id"] == file["id"]
    assert attachment["name"] == file["name"]


def test_a_file_can_be_fetched_again_and_is_the_same(cention):
    file = cention.control("attachments", {})

    assert fetch(cention, file) == fetch(cention, file)


def test_equal_numbers_of_different_types_are_different_files(cention):
    first = cention.control("attachments", {"type": "c3_response_attachments"})
    second = cention.control("attachments", {"type": "c3_area_archives"})

    assert first["id"] == second["id"]
    assert first["sha256"] != second["sha256"]


def test_some_base64_has_line_breaks_and_some_names_are_dangerous(cention):
    files = [cention.control("attachments", {"bytes": 200}) for _file in range(30)]

    attachments = [fetch(cention, file) for file in files]

    assert {True, False} == {"\n" in attachment["content"] for attachment in attachments}
    assert any(attachment["name"].startswith("../") for attachment in attachments)
    assert any(attachment["content_type"] == "" for attachment in attachments)


def test_an_unknown_file_is_a_404_document(cention):
    response = cention.api("c3_area_archives/12")

    assert response.status_code == 404
    assert "errors" in response.json()
