"""Requests for log-ins and log-outs, and their answers, which are not JSON:API."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from schemas.cention.agent_logons import read_agent_logons
from tests.conftest import DOCUMENTS
from workers.clients import errors
from workers.clients.cention.agent_logons import AgentLogonsApi

LOGIO = "https://api.example.test/s/demo/capi/custom/logio"
TOKEN = "t0ken-of-the-workspace"
SINCE = datetime(2019, 4, 10, 0, 46, 32, tzinfo=UTC)  # the documentation's 1554857192
UNTIL = datetime(2019, 4, 23, 0, 47, 32, tzinfo=UTC)  # and 1555980452


@pytest.fixture
def logio(http):
    return AgentLogonsApi(http, token=TOKEN)


def answering(body, **options):
    return responses.get(LOGIO, body=body, **options)


def query():
    [call] = responses.calls
    return parse_qs(urlsplit(call.request.url).query)


def fetched(logio, body, **options):
    answering(body, **options)
    return logio.fetch(SINCE, UNTIL)


@responses.activate
def test_format_from_and_to_are_always_sent(logio):
    """By default Cention returns CSV, and only the last seven days."""
    answering("[]")

    logio.fetch(SINCE, UNTIL)

    assert query() == {"format": ["json"], "from": ["1554857192"], "to": ["1555980452"]}


@responses.activate
def test_one_agent_is_selected_by_any_login_name(logio):
    answering("[]")

    logio.fetch(SINCE, UNTIL, login_name="Doe, J & 王=1")

    assert query()["name"] == ["Doe, J & 王=1"]
    assert "&name=Doe%2C+J+%26+%E7%8E%8B%3D1" in responses.calls[0].request.url


@responses.activate
def test_plain_json_is_preferred_and_csv_accepted_and_json_api_not_requested(logio):
    answering("[]")

    logio.fetch(SINCE, UNTIL)

    headers = responses.calls[0].request.headers
    assert headers["Accept"] == "application/json, text/csv;q=0.9"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Cache-Control"] == "no-store"
    assert "Content-Type" not in headers


@responses.activate
def test_times_of_any_zone_are_truncated_to_seconds(logio):
    answering("[]")
    east = timezone(timedelta(hours=8))

    logio.fetch(SINCE.astimezone(east), UNTIL + timedelta(milliseconds=999))

    assert (query()["from"], query()["to"]) == (["1554857192"], ["1555980452"])


@responses.activate
def test_a_window_that_ends_before_it_begins_is_not_sent(logio):
    with pytest.raises(ValueError, match="later"):
        logio.fetch(UNTIL, SINCE)

    assert not responses.calls


@pytest.mark.parametrize("name", ["logio.json", "logio.csv"])
@responses.activate
def test_the_documented_samples_are_the_same_events_in_json_and_in_csv(logio, name):
    rows = fetched(logio, (DOCUMENTS / name).read_bytes())

    assert len(rows) == 5
    read = read_agent_logons(rows)
    assert [one.login_name for one in read.logons] == [
        *("sysadmin", "tester1", "sysadmin", "sysadmin", "tester1")
    ]


@pytest.mark.parametrize("body", ["", " \n", "null", "[]", "[ ]", "\ufeff[]", "\ufeff"])
@responses.activate
def test_every_form_of_an_empty_answer_is_read(logio, body):
    assert fetched(logio, body.encode()) == []


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "text/html", ""])
@responses.activate
def test_the_body_determines_the_format_and_not_its_content_type(logio, content_type):
    assert fetched(logio, '[{"id":1}]', content_type=content_type) == [{"id": 1}]

    responses.reset()
    assert fetched(logio, "1,joe,1554108462,Login\n", content_type=content_type) == [
        ["1", "joe", "1554108462", "Login"]
    ]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ('1,"Doe, Jane",5,Login', ["1", "Doe, Jane", "5", "Login"]),
        ('1,"the ""boss""",5,Login', ["1", 'the "boss"', "5", "Login"]),
        ('1,the "boss",5,Login', ["1", 'the "boss"', "5", "Login"]),
        ("1,Doe, Jane,5,Login", ["1", "Doe", " Jane", "5", "Login"]),
        ("1,Åsa 王,5,Login", ["1", "Åsa 王", "5", "Login"]),
        ("1,joe,5,Login\r", ["1", "joe", "5", "Login"]),
        ('"1","joe","5","Login"', ["1", "joe", "5", "Login"]),
        ("1,joe", ["1", "joe"]),
    ],
)
@responses.activate
def test_csv_is_read_by_its_quotes_and_lines_of_any_number_of_columns_are_returned(
    logio, line, columns
):
    assert fetched(logio, f"{line}\n2,eve,6,Logout\n".encode()) == [
        columns,
        ["2", "eve", "6", "Logout"],
    ]


@responses.activate
def test_a_quote_that_is_never_closed_hides_no_later_line(logio):
    rows = fetched(logio, b'1,"joe,5,Login\n2,eve,6,Logout\n')

    assert [len(columns) for columns in rows] == [2, 4]


@responses.activate
def test_a_line_with_a_column_too_long_for_the_csv_reader_is_returned_unsplit(http):
    logio = AgentLogonsApi(http, token=TOKEN)
    limit = csv.field_size_limit(1_000)

    try:
        rows = fetched(logio, b"1," + b"x" * 2_000 + b",5,Login\n2,eve,6,Logout")
    finally:
        csv.field_size_limit(limit)

    assert [len(columns) for columns in rows] == [1, 4]


@responses.activate
def test_bytes_that_are_not_utf_8_are_replaced(logio):
    assert fetched(logio, b"1,j\xf6rg,5,Login") == [["1", "j\ufffdrg", "5", "Login"]]


@pytest.mark.parametrize("status", [200, 400])
@responses.activate
def test_the_message_of_an_error_is_reported_for_any_status(logio, status):
    answering('{"error":"from is later than to"}', status=status)

    with pytest.raises(errors.BadRequest) as raised:
        logio.fetch(SINCE, UNTIL)

    assert "from is later than to" in str(raised.value)
    assert raised.value.status == status


@responses.activate
def test_a_token_in_an_error_message_is_redacted(logio):
    answering(f'{{"error":"{TOKEN} lacks the claim, see https://x.test/?key=1"}}')

    with pytest.raises(errors.BadRequest) as raised:
        logio.fetch(SINCE, UNTIL)

    assert TOKEN not in str(raised.value)
    assert "x.test" not in str(raised.value)


@pytest.mark.parametrize("status", [401, 403])
@responses.activate
def test_a_token_without_the_claim_is_refused(logio, status):
    answering('{"error":"unauthorised"}', status=status)

    with pytest.raises(errors.Unauthorised, match="unauthorised"):
        logio.fetch(SINCE, UNTIL)


@responses.activate
def test_a_missing_route_means_a_wrong_url_and_not_a_missing_record(logio):
    answering('{"error":"no such route"}', status=404)

    with pytest.raises(errors.WrongUrl, match="no such route"):
        logio.fetch(SINCE, UNTIL)


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html>Please log in.</html>",
        "busy",
        "[{",
        '[{"timestamp": NaN}]',
        '{"data": null}',
        '{"error": 5}',
        "id,name,timestamp,action",
        '"1',
        "true",
    ],
)
@responses.activate
def test_anything_else_is_an_invalid_response(logio, body):
    """Read as an empty list, it would leave a gap."""
    answering(body)

    with pytest.raises(errors.InvalidResponse):
        logio.fetch(SINCE, UNTIL)


@responses.activate
def test_a_probe_requests_one_second(logio):
    answering("[]")

    logio.probe(UNTIL)

    assert (query()["from"], query()["to"]) == (["1555980451"], ["1555980452"])


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak"])
def test_a_token_that_no_header_can_carry_is_refused(http, token):
    with pytest.raises(ValueError, match="printable"):
        AgentLogonsApi(http, token=token)
