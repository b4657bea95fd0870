from __future__ import annotations

import json

import pytest
import responses

from workers.clients import errors
from workers.clients.cention.errand_data import ErrandDataApi

CAPI = "https://api.example.test/s/demo/capi/json"


@pytest.mark.parametrize(
    ("send", "path", "name"),
    [
        (lambda api: api.changed_errands(), "c3_dirty_errand_list", "dirty_errand_list"),
        (
            lambda api: api.changed_facebook_ratings(),
            "c3_dirty_facebook_ratings",
            "dirty_facebook_ratings",
        ),
        (lambda api: api.fetch_report(33), "c3_errand_reports/33", "errand_report_33"),
        (
            lambda api: api.fetch_facebook_rating(3),
            "c3_facebook_ratings/3",
            "facebook_rating_3",
        ),
    ],
)
@responses.activate
def test_each_document_is_fetched_by_type_and_id_and_returned_unchanged(
    errand_data, document, send, path, name
):
    responses.get(f"{CAPI}/{path}", json=document(name), content_type="application/vnd.api+json")

    assert send(errand_data) == document(name)

    [call] = responses.calls
    assert call.request.url == f"{CAPI}/{path}"
    assert call.request.headers["Authorization"] == "Bearer t0ken-of-the-workspace"
    assert call.request.headers["Accept"] == "application/vnd.api+json"
    assert call.request.headers["Content-Type"] == "application/vnd.api+json"
    assert call.request.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ({"errors": [{"title": "database unavailable"}]}, ": database unavailable"),
        ({"errors": "none"}, ""),
        ({"data": None, "errors": [{"title": "timeout"}]}, ": timeout"),
        ({"error": "session of t0ken-of-the-workspace expired"}, ": session of [redacted] expired"),
    ],
)
@responses.activate
def test_an_error_document_with_status_200_is_a_temporary_failure(errand_data, body, quoted):
    """Read as the record, it would lose a change: the request has cleared the flag."""
    responses.get(f"{CAPI}/c3_errand_reports/33", json=body)

    with pytest.raises(errors.IncompleteResponse) as caught:
        errand_data.fetch_report(33)

    assert str(caught.value) == f"cention: failed on the server{quoted} (HTTP 200)"


@responses.activate
def test_errands_are_marked_as_changed_by_a_document_without_an_id(errand_data, document):
    answer = document("mark_changed_response")
    responses.post(f"{CAPI}/c3_dirty_errand_list", status=201, json=answer)

    errand_data.mark_changed([35])

    [call] = responses.calls
    assert call.request.headers["Content-Type"] == "application/vnd.api+json"
    assert json.loads(call.request.body) == document("mark_changed_request")


@pytest.mark.parametrize("status", [202, 204])
@responses.activate
def test_marking_needs_no_body_in_the_answer(errand_data, status):
    marked = responses.post(f"{CAPI}/c3_dirty_errand_list", status=status)

    errand_data.mark_changed([35])

    assert marked.call_count == 1


@responses.activate
def test_a_login_page_is_an_invalid_response_to_marking(errand_data):
    responses.post(f"{CAPI}/c3_dirty_errand_list", body="<html>Log in</html>")

    with pytest.raises(errors.InvalidResponse):
        errand_data.mark_changed([35])


@responses.activate
def test_many_errands_are_marked_five_hundred_at_a_time(errand_data):
    responses.post(f"{CAPI}/c3_dirty_errand_list", status=204)

    errand_data.mark_changed(range(1, 1202))

    sent = [
        json.loads(call.request.body)["data"]["attributes"]["errands"] for call in responses.calls
    ]
    assert [len(errands) for errands in sent] == [500, 500, 201]
    assert [errand for errands in sent for errand in errands] == list(range(1, 1202))


@pytest.mark.parametrize("wrong", ["35", 35.0, True, None, 0, -1, 2**53])
@responses.activate
def test_an_invalid_id_is_refused_before_anything_is_sent(errand_data, wrong):
    """Cention answers 406 to a string and rounds what does not fit a double."""
    with pytest.raises(ValueError, match="errand id"):
        errand_data.mark_changed([34, wrong])

    assert not responses.calls


@responses.activate
def test_a_probe_fetches_no_report(errand_data, document):
    responses.get(f"{CAPI}/c3_dirty_errand_list", json=document("dirty_errand_list"))

    errand_data.probe()

    assert len(responses.calls) == 1


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökên", "…"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_quoted(http, token):
    with pytest.raises(ValueError, match="printable") as raised:
        ErrandDataApi(http, token=token)

    assert not token or token not in str(raised.value)
