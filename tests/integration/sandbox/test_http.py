"""The HTTP layer of all resources, as measured at Cention."""

from __future__ import annotations

import json

import pytest
import requests

JSON_API = "application/vnd.api+json"


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "sandbox-token", "Basic c2FuZA=="])
def test_without_the_token_every_call_is_401_with_an_empty_body(cention, authorization):
    errand_id = cention.new_errand()

    for path in ("c3_dirty_errand_list", f"c3_errand_reports/{errand_id}"):
        response = cention.api(path, headers={"Authorization": authorization})
        assert (response.status_code, response.content) == (401, b"")
    assert cention.dirty_errands() == [errand_id]


def test_an_unknown_route_is_a_text_and_an_unknown_id_is_a_document(cention):
    route = cention.api("c3_no_such_thing")
    record = cention.api("c3_errand_reports/1")

    assert (route.status_code, route.text) == (404, "404 page not found")
    assert route.headers["Content-Type"] == "text/plain"
    assert (record.status_code, record.headers["Content-Type"]) == (404, JSON_API)
    assert record.json()["errors"][0]["status"] in ("404", "Not Found")


def test_another_workspace_is_an_unknown_route(cention):
    response = requests.get(f"{cention.root}/s/other/capi/json/c3_dirty_errand_list", timeout=10)

    assert (response.status_code, response.text) == (404, "404 page not found")


@pytest.mark.parametrize(
    "path", ["c3_errand_reports", "c3_facebook_ratings", "c3_dirty_errand_list/0"]
)
def test_a_type_without_a_list_is_a_404_document(cention, path):
    response = cention.api(path)

    assert response.status_code == 404
    assert response.json()["errors"][0]["title"].startswith("Resource does not implement")


def test_a_trailing_slash_is_redirected_and_clears_no_flag(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}/")

    assert response.status_code == 301
    assert response.headers["Location"] == f"/s/demo/capi/json/c3_errand_reports/{errand_id}"
    assert response.headers["Content-Type"].startswith("text/html")
    assert cention.dirty_errands() == [errand_id]


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE"])
def test_methods_without_a_route_are_404_and_clear_no_flag(cention, method):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}", method)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/plain"
    assert cention.dirty_errands() == [errand_id]


def test_options_returns_the_methods_and_clears_no_flag(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}", "OPTIONS")

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "OPTIONS,GET"
    assert "POST" in cention.api("c3_dirty_errand_list", "OPTIONS").headers["Allow"]
    assert cention.dirty_errands() == [errand_id]


def test_unknown_query_parameters_are_ignored(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}?include=x&sort=-y&fields[c3_x]=z")

    assert response.status_code == 200
    assert "basic" in response.json()["data"]["attributes"]


def test_the_status_of_an_error_is_a_number_or_a_phrase(cention):
    seen = {
        cention.api("c3_errand_reports/1").json()["errors"][0]["status"] for _attempt in range(40)
    }

    assert seen == {"404", "Not Found"}


def test_html_is_escaped_as_go_escapes_it(cention):
    response = cention.api(f"c3_errand_reports/{cention.new_errand()}")

    assert not set(response.text) & set("<>&")
    assert response.json()["data"]["attributes"]["basic"]["data"]["body"].startswith("<div")


def test_errors_are_documents_of_the_json_api_media_type(cention):
    response = cention.api("c3_dirty_errand_list", "POST", data=b"{")

    assert response.headers["Content-Type"] == JSON_API
    assert list(json.loads(response.content)) == ["errors"]
