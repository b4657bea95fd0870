from __future__ import annotations

import inspect
import traceback

import pytest
import requests
import responses
import urllib3
from requests import exceptions

from workers.clients import errors
from workers.clients.http import HttpApi, Timeouts, transport_error

REPORT = "https://api.example.test/s/demo/capi/json/c3_errand_reports/33"


def classes(module) -> list[type[Exception]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]


def without_arguments(kind: type[Exception]) -> Exception:
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", classes(exceptions) + classes(urllib3.exceptions))
def test_no_exception_of_requests_or_urllib3_reaches_the_caller(errand_data, kind):
    with responses.RequestsMock() as server:
        server.get(REPORT, body=without_arguments(kind))

        with pytest.raises(errors.ApiError):
            errand_data.fetch_report(33)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (exceptions.ConnectTimeout, errors.Unreachable),
        (exceptions.ConnectionError, errors.Unreachable),
        (exceptions.SSLError, errors.Unreachable),
        (exceptions.ProxyError, errors.Unreachable),
        (ConnectionRefusedError, errors.Unreachable),
        (exceptions.ReadTimeout, errors.IncompleteResponse),
        (exceptions.ChunkedEncodingError, errors.IncompleteResponse),
        (exceptions.ContentDecodingError, errors.IncompleteResponse),
        (exceptions.InvalidURL, errors.BadRequest),
        (exceptions.MissingSchema, errors.BadRequest),
        (exceptions.InvalidSchema, errors.BadRequest),
        (exceptions.InvalidHeader, errors.BadRequest),
        (UnicodeError, errors.BadRequest),
    ],
)
def test_before_the_request_is_sent_an_error_says_nothing_about_the_record(kind, expected):
    error = transport_error(without_arguments(kind), api="cention", request_sent=False)

    assert type(error) is expected
    assert error.status is None


@pytest.mark.parametrize("kind", classes(exceptions) + classes(urllib3.exceptions))
def test_once_the_request_is_sent_the_outcome_is_unknown(kind):
    error = transport_error(without_arguments(kind), api="cention", request_sent=True)

    assert type(error) is errors.IncompleteResponse


@responses.activate
def test_a_key_in_the_url_is_in_no_traceback(errand_data):
    """requests quotes URLs in its errors, and some vendors want their key in the URL."""
    quoted = requests.ConnectionError("Max retries exceeded with url: /surveys?apikey=s3cret")
    responses.get(REPORT, body=quoted)

    with pytest.raises(errors.Unreachable) as raised:
        errand_data.fetch_report(33)

    assert "s3cret" not in "".join(traceback.format_exception(raised.value))


@responses.activate
def test_a_redirect_is_not_followed(errand_data):
    elsewhere = responses.get("https://evil.example.test/", json={})
    responses.get(REPORT, status=302, headers={"Location": "https://evil.example.test/"})

    with pytest.raises(errors.Redirected):
        errand_data.fetch_report(33)

    assert elsewhere.call_count == 0


@responses.activate
def test_a_call_that_failed_is_not_repeated(errand_data):
    busy = responses.get(REPORT, status=503, headers={"Retry-After": "9"})

    with pytest.raises(errors.Busy) as raised:
        errand_data.fetch_report(33)

    assert busy.call_count == 1
    assert raised.value.retry_after_s == 9


@pytest.mark.parametrize("body", ["<html>Log in</html>", "", "[]", "null", "7", '{"data":', "NaN"])
@responses.activate
def test_a_page_of_a_proxy_is_not_read_as_a_document(errand_data, body):
    responses.get(REPORT, body=body)

    with pytest.raises(errors.InvalidResponse) as raised:
        errand_data.fetch_report(33)

    assert raised.value.status == 200


@responses.activate
def test_a_body_over_the_cap_is_refused(errand_data):
    responses.get(REPORT, json={"data": "x" * 20_000})

    with pytest.raises(errors.TooLarge):
        errand_data.fetch_report(33)


@responses.activate
def test_the_token_is_in_no_error_and_no_repr(http, errand_data, attachments):
    calls = responses.calls
    responses.get(REPORT, status=401, json={"errors": [{"title": "t0ken-of-the-workspace?"}]})

    with pytest.raises(errors.Unauthorised) as raised:
        errand_data.fetch_report(33)

    assert calls[0].request.headers["Authorization"] == "Bearer t0ken-of-the-workspace"
    for shown in (raised.value, http, errand_data, attachments):
        assert "t0ken" not in f"{shown} {shown!r}"


@responses.activate
def test_secrets_of_a_request_are_in_no_error_whatever_their_case(http):
    responses.post(
        "https://api.example.test/s/demo/login",
        status=400,
        json={"error": "s3cret and S3CRET are no password of key9"},
    )

    with pytest.raises(errors.BadRequest, match="are no password") as raised:
        http.request("POST", "login", headers={"Authorization": "Key key9"}, secrets=("s3cret", ""))

    assert not any(secret in str(raised.value) for secret in ("s3cret", "S3CRET", "key9"))


@pytest.mark.parametrize(
    ("body", "kind"), [(b'{"code": 2}', errors.NotFound), (b"{}", errors.WrongUrl)]
)
@responses.activate
def test_a_404_is_of_the_api_itself_if_it_is_an_error_document_of_that_api(body, kind):
    api = HttpApi(
        "vendor",
        "https://api.example.test",
        timeouts=Timeouts(connect_s=1, read_s=1, total_s=2),
        error_texts=lambda received: ("gone",) if b"code" in received else None,
    )
    responses.get("https://api.example.test/x", status=404, body=body)

    with pytest.raises(errors.ApiError) as raised:
        api.request("GET", "x", headers={})

    assert type(raised.value) is kind
