"""The HTTP layer of all resources, as measured at Cention."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

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
    assert record.json()["errors"][0]["status"] == "404"


def test_another_workspace_is_an_unknown_route(cention):
    response = requests.get(f"{cention.root}/s/other/capi/json/c3_dirty_errand_list", timeout=10)

    assert (response.status_code, response.text) == (404, "404 page not found")


@pytest.mark.parametrize(
    "path", ["c3_errand_reports", "c3_facebook_ratings", "c3_dirty_errand_list/0"]
)
def test_a_type_without_a_list_is_a_404_document(cention, path):
    response = cention.api(path)

    assert response.status_code == 404
    assert response.json()["errors"][0]["status"] == "404"


def test_a_trailing_slash_is_redirected_and_clears_no_flag(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}/")

    assert response.status_code == 301
    assert response.headers["Location"] == f"/s/demo/capi/json/c3_errand_reports/{errand_id}"
    assert response.headers["Content-Type"].startswith("text/html")
    assert cention.dirty_errands() == [errand_id]


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST"])
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
    assert response.headers["Allow"] == "GET,PATCH,DELETE,OPTIONS"
    assert "POST" in cention.api("c3_dirty_errand_list", "OPTIONS").headers["Allow"]
    assert cention.dirty_errands() == [errand_id]


def test_unknown_query_parameters_are_ignored(cention):
    errand_id = cention.new_errand()

    response = cention.api(f"c3_errand_reports/{errand_id}?include=x&sort=-y&fields[c3_x]=z")

    assert response.status_code == 200
    assert "basic" in response.json()["data"]["attributes"]


def test_the_status_of_an_error_is_a_number_but_a_phrase_for_a_field(cention):
    errand_id = cention.new_errand()

    unknown = cention.api("c3_errand_reports/1").json()["errors"]
    fields = cention.api(f"c3_errand_reports/{errand_id}?fields[c3_errand_reports]=x,y").json()

    assert [one["status"] for one in unknown] == ["404"]
    assert [one["status"] for one in fields["errors"]] == ["Bad Request", "Bad Request"]
    assert all(one["detail"] for one in fields["errors"])


def test_a_patch_clears_the_flag_before_it_is_refused(cention):
    errand_id = cention.new_errand()

    broken = cention.api(f"c3_errand_reports/{errand_id}", "PATCH", data="{")
    flag = cention.dirty_errands()
    refused = cention.api(f"c3_errand_reports/{errand_id}", "PATCH", data='{"data": {}}')

    assert (broken.status_code, refused.status_code, flag) == (406, 405, [])


def test_a_redirect_keeps_the_query_and_a_path_with_routes_below_it_has_none(cention):
    redirected = cention.api("c3_errand_reports/5/?data_url=true")
    posted = cention.api("c3_new_errands/", "POST", data="{}")
    not_found = cention.api("c3_libraries/5/")

    assert redirected.headers["Location"].endswith("/c3_errand_reports/5?data_url=true")
    assert (posted.status_code, posted.content) == (307, b"")
    assert (not_found.status_code, not_found.headers["Content-Type"]) == (404, "text/plain")


def test_a_path_with_a_broken_escape_is_400(cention):
    with closing(HTTPConnection(urlsplit(cention.root).netloc, timeout=10)) as connection:
        connection.request("GET", "/s/demo/capi/json/c3_libraries/%zz")

        assert connection.getresponse().status == 400


def test_html_is_escaped_as_go_escapes_it(cention):
    response = cention.api(f"c3_errand_reports/{cention.new_errand()}")

    assert not set(response.text) & set("<>&")
    assert response.json()["data"]["attributes"]["basic"]["data"]["body"].startswith("<div")


def test_errors_are_documents_of_the_json_api_media_type(cention):
    response = cention.api("c3_dirty_errand_list", "POST", data=b"{")

    assert response.headers["Content-Type"] == JSON_API
    assert list(json.loads(response.content)) == ["errors"]
