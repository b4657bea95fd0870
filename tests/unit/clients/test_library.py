"""The requests of the library client: every endpoint and every query parameter."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from tests.unit.clients.conftest import TOKEN
from workers.clients import errors
from workers.clients.cention.library import LibraryApi, SearchIn

CAPI = "https://api.example.test/s/demo/capi/json"


@pytest.fixture
def library(http):
    return LibraryApi(http, token=TOKEN)


def requested():
    """Return path and query of the only request."""
    [call] = responses.calls
    parts = urlsplit(call.request.url)
    return parts.path.removeprefix("/s/demo/capi/json/"), dict(parse_qsl(parts.query))


def answer_every_request(document):
    responses.get(re.compile(f"{CAPI}/.*"), json=document)


@pytest.mark.parametrize(
    ("send", "path"),
    [
        (lambda api: api.libraries(), "c3_libraries"),
        (lambda api: api.library(3), "c3_libraries/3"),
        (lambda api: api.external_libraries(), "c3_external_libraries"),
        (lambda api: api.external_library(3), "c3_external_libraries/3"),
        (lambda api: api.categories(), "c3_library_categories"),
        (lambda api: api.category(2), "c3_library_categories/2"),
        (lambda api: api.questions(), "c3_library_questions"),
        (lambda api: api.questions_of(3), "c3_libraries/3/questions"),
        (lambda api: api.question(4), "c3_library_questions/4"),
    ],
)
@responses.activate
def test_each_endpoint_is_requested_by_its_path_and_returns_its_document(library, send, path):
    answer_every_request({"data": None})

    assert send(library) == {"data": None}
    assert requested() == (path, {})


@pytest.mark.parametrize(
    ("send", "path"),
    [
        (lambda api: api.attachments_of(4), "c3_library_questions/4/attachments"),
        (lambda api: api.embedded_archives_of(4), "c3_library_questions/4/embedded_archives"),
        (lambda api: api.attachment(1270), "c3_library_attachments/1270"),
        (lambda api: api.archive(9), "c3_area_archives/9"),
    ],
)
@responses.activate
def test_files_are_described_without_their_content(library, send, path):
    answer_every_request({"data": None})

    send(library)

    assert requested() == (path, {"without_content": "true"})


@pytest.mark.parametrize(
    "send",
    [
        lambda api: api.attachments_of(4, contents=True),
        lambda api: api.embedded_archives_of(4, contents=True),
    ],
)
@responses.activate
def test_files_have_their_contents_on_request(library, send):
    answer_every_request({"data": None})

    send(library)

    assert requested()[1] == {}


@pytest.mark.parametrize(
    ("send", "path"),
    [
        (lambda api: api.libraries(inline_images=True), "c3_libraries"),
        (lambda api: api.library(3, inline_images=True), "c3_libraries/3"),
        (lambda api: api.external_libraries(inline_images=True), "c3_external_libraries"),
        (lambda api: api.external_library(3, inline_images=True), "c3_external_libraries/3"),
        (lambda api: api.categories(inline_images=True), "c3_library_categories"),
        (lambda api: api.category(2, inline_images=True), "c3_library_categories/2"),
        (lambda api: api.questions(inline_images=True), "c3_library_questions"),
        (lambda api: api.questions_of(3, inline_images=True), "c3_libraries/3/questions"),
        (lambda api: api.question(4, inline_images=True), "c3_library_questions/4"),
    ],
)
@responses.activate
def test_images_are_embedded_in_the_html_on_request(library, send, path):
    answer_every_request({"data": None})

    send(library)

    assert requested() == (path, {"data_url": "true"})


@responses.activate
def test_questions_of_one_library_have_the_same_filters_as_all(library):
    answer_every_request({"data": None})

    library.questions_of(3, toplist=True, phrase="boxes,bags", search_in=SearchIn.ANSWER)

    assert requested() == (
        "c3_libraries/3/questions",
        {
            "filter[toplist]": "true",
            "q_filter[phrase]": "boxes bags",
            "q_filter[option]": "answer",
        },
    )


@responses.activate
def test_the_top_list_is_a_filter_whose_brackets_are_encoded(library):
    answer_every_request({"data": None})

    library.questions(toplist=True)

    assert requested() == ("c3_library_questions", {"filter[toplist]": "true"})
    assert "filter%5Btoplist%5D=true" in responses.calls[0].request.url


@pytest.mark.parametrize("part", SearchIn)
@responses.activate
def test_a_phrase_is_searched_in_the_given_part(library, part):
    answer_every_request({"data": None})

    library.questions(phrase="half & half +1", search_in=part)

    assert requested()[1] == {"q_filter[phrase]": "half & half +1", "q_filter[option]": part.value}


@responses.activate
def test_commas_of_a_phrase_become_spaces_because_cention_cuts_it_at_a_comma(library):
    answer_every_request({"data": None})

    library.questions(phrase=" boxes, bags,and more ")

    assert requested()[1]["q_filter[phrase]"] == "boxes bags and more"


@pytest.mark.parametrize("phrase", ["", " ", ", ,"])
def test_a_phrase_without_a_word_is_refused_before_anything_is_sent(library, phrase):
    with pytest.raises(ValueError, match="a phrase needs a word"):
        library.questions(phrase=phrase)


@responses.activate
def test_a_file_is_returned_with_its_content_decoded(library, document):
    answer_every_request(document("library_attachment_1270"))

    with library.fetch_attachment(1270, max_bytes=1000) as fetched:
        assert fetched.content.read() == b"Apple Pen Pineapple Pen"
    assert requested() == ("c3_library_attachments/1270", {})


@responses.activate
def test_an_image_is_returned_with_its_content_decoded(library):
    about = {"c3_id": 9, "content": "YQ=="}
    answer_every_request(
        {"data": {"type": "c3_area_archives", "attributes": {"attachment": about}}}
    )

    with library.fetch_archive(9, max_bytes=1000) as fetched:
        assert fetched.content.read() == b"a"
    assert requested() == ("c3_area_archives/9", {})


@responses.activate
def test_every_request_has_the_token_and_the_media_type(library):
    answer_every_request({"data": None})

    library.libraries()

    headers = responses.calls[0].request.headers
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == headers["Content-Type"] == "application/vnd.api+json"


@responses.activate
def test_a_missing_record_differs_from_a_wrong_address(library):
    errors_document = json.dumps({"errors": [{"title": "resource not found", "status": "404"}]})
    responses.get(f"{CAPI}/c3_libraries/3", status=404, body=errors_document)
    responses.get(f"{CAPI}/c3_libraries/4", status=404, body="404 page not found")

    with pytest.raises(errors.NotFound):
        library.library(3)
    with pytest.raises(errors.WrongUrl):
        library.library(4)
