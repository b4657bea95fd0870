from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workers.clients import errors
from workers.clients.error_responses import error_for, retry_after_s

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
GONE = b'{"errors":[{"title":"Not Found","status":"404"}]}'


def error(
    status: int, *, body: bytes = b"", retry_after: str | None = None, media_type: str = ""
) -> errors.ApiError:
    return error_for(
        status,
        retry_after=retry_after,
        body=body,
        media_type=media_type,
        api="cention",
        secrets=("s3cret",),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.Redirected),
        (302, errors.Redirected),
        (304, errors.Redirected),
        (308, errors.Redirected),
        (400, errors.BadRequest),
        (401, errors.Unauthorised),
        (403, errors.Unauthorised),
        (405, errors.BadRequest),
        (406, errors.BadRequest),
        (409, errors.BadRequest),
        (413, errors.BadRequest),
        (415, errors.BadRequest),
        (422, errors.BadRequest),
        (418, errors.BadRequest),
        (429, errors.Busy),
        (500, errors.IncompleteResponse),
        (501, errors.IncompleteResponse),
        (502, errors.Busy),
        (503, errors.Busy),
        (504, errors.Busy),
        (520, errors.IncompleteResponse),
        (101, errors.InvalidResponse),
        (999, errors.InvalidResponse),
    ],
)
def test_each_status_has_its_error(status, kind):
    actual = error(status)

    assert type(actual) is kind
    assert (actual.api, actual.status) == ("cention", status)
    assert str(actual).startswith("cention: ")
    assert str(actual).endswith(f"(HTTP {status})")


def test_a_408_of_a_gateway_is_a_temporary_failure():
    assert type(error(408)) is errors.IncompleteResponse


@pytest.mark.parametrize("status", [404, 410])
def test_a_record_is_not_found_only_if_the_api_itself_answers(status):
    assert type(error(status, body=GONE)) is errors.NotFound


@pytest.mark.parametrize("body", [b"", b'{"errors":[]}'])
def test_the_media_type_shows_that_the_api_itself_answers(body):
    json_api = "application/vnd.api+json; charset=utf-8"

    assert type(error(404, body=body, media_type=json_api)) is errors.NotFound


@pytest.mark.parametrize(
    "body",
    [
        b"404 page not found",
        b"<html>nginx</html>",
        b"",
        b'{"message":"no Route matched with those values"}',
        b'{"errors":[]}',
        b'{"errors":"none"}',
        b'["errors"]',
    ],
)
def test_any_other_404_means_that_the_base_url_is_wrong(body):
    actual = error(404, body=body)

    assert type(actual) is errors.WrongUrl
    assert isinstance(actual, errors.BadRequest)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("86400", 3600.0),
        ("9" * 400, 3600.0),
        ("Thu, 15 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 15 Jan 2026 12:01:30 -0000", 90.0),
        ("Thu, 15 Jan 2026 11:00:00 GMT", 0.0),
        ("Fri, 16 Jan 2026 12:00:00 GMT", 3600.0),
        ("Thu, 99 Jan 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_an_hour(header, seconds):
    assert retry_after_s(header, now=NOW) == seconds
    assert error(503, retry_after=header).retry_after_s == seconds


def test_the_texts_of_an_error_document_become_part_of_the_message():
    actual = error(406, body=b'{"errors":[{"title":"Invalid type provided","detail":"errands"}]}')

    assert str(actual) == "cention: request refused: Invalid type provided: errands (HTTP 406)"


@pytest.mark.parametrize(
    "text",
    [
        "token s3cret is old",
        "Bearer abcdefgh is old",
        "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2ln is old",
        "see https://api.example.test/s/demo?key=1",
        "see //capi/json/x",
        "GET /x?apikey=abcdefgh failed",
    ],
)
def test_tokens_and_urls_in_an_error_document_are_redacted(text):
    message = str(error(400, body=b'{"errors":[{"title":"%s"}]}' % text.encode()))

    assert "[redacted]" in message
    for secret in ("s3cret", "abcdefgh", "eyJ", "example", "capi"):
        assert secret not in message


def test_the_texts_of_an_error_document_become_one_short_printable_line():
    message = str(
        error(500, body=b'{"errors":[{"title":"a\\u0000b\\nc\\ud800 %s"}]}' % (b"x" * 999))
    )

    assert message.isprintable()
    assert len(message) < 300
