"""The responses of ``POST /callbacks/<workspace>``."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import UTC

import pytest
from prometheus_client import REGISTRY

from receiver.callback_size import ARRIVING_MAX_BYTES, COUNTED_MAX_BYTES
from receiver.durable_inbox import StorageUnavailable
from receiver.refusals import shortened
from tests.support.receiver_app import ERROR, PATH, refused
from workers.config.settings import MissingCallbackSecret


def document_with_secret(secret):
    return {"data": {"type": "t", "id": "1"}, "meta": {"api_secret": secret}}


def test_a_callback_is_stored_and_answered_200(client, callback, stored):
    response = client.post(PATH, json=callback)

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.json == {"status": "ok"}
    [new] = stored
    assert (new.workspace, new.event, new.remote_id, new.problem) == ("demo", 1, 76, None)
    assert new.document["included"] == callback["included"]
    assert new.received_at.tzinfo == UTC


def test_a_header_that_is_added_to_an_answer_stays_its_own(client, callback):
    numbers = iter("123")

    @client.application.after_request
    def add(response):
        response.headers.add("X-Number", next(numbers))
        return response

    for number in "123":
        assert client.post(PATH, json=callback).headers.getlist("X-Number") == [number]


def test_the_secret_is_not_stored(client, callback, stored):
    client.post(PATH, json=callback)

    assert "api_secret" not in repr(stored)
    assert "'123456'" not in repr(stored)


def test_a_worker_is_notified_of_a_stored_callback(client, callback, notified):
    client.post(PATH, json=callback)

    assert notified == ["demo"]


def test_no_worker_is_notified_before_the_callback_is_stored(make_client, callback, notified):
    """A worker that is quicker than the commit would find nothing, and is not notified again."""
    notified_by_then = []

    def store(_):
        notified_by_then.extend(notified)

    make_client(store=store).post(PATH, json=callback)

    assert notified_by_then == []
    assert notified == ["demo"]


def test_a_repeat_has_the_key_of_the_first_however_it_is_written(client, callback, stored):
    client.post(PATH, data=json.dumps(callback, indent=2))
    random.Random(1).shuffle(callback["included"])
    client.post(PATH, data=json.dumps(callback, sort_keys=True, separators=(",", ":")))

    first, second = stored
    assert first.body_sha256 == second.body_sha256


@pytest.mark.parametrize("event", [2, "1", None, "closed"])
def test_an_unknown_event_is_stored(client, callback, stored, event):
    callback["data"]["attributes"]["event"] = event

    response = client.post(PATH, json=callback)

    assert response.status_code in (200, 422)
    assert len(stored) == 1


def test_an_unknown_type_is_stored(client, callback, stored):
    callback["data"]["type"] = "c3_callback_close_errands"

    assert client.post(PATH, json=callback).status_code == 200
    assert len(stored) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/vnd.api+json",
        "application/vnd.api+json; charset=utf-8",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "nonsense",
    ],
)
def test_any_content_type_is_accepted(client, callback, content_type):
    response = client.post(PATH, data=json.dumps(callback), content_type=content_type)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_a_json_object_is_refused(client, stored, notified, body):
    response = client.post(PATH, data=body)

    assert refused(response, 400)
    assert (stored, notified) == ([], [])


@pytest.mark.parametrize("levels", [251, 300, 870])
def test_a_document_of_too_many_levels_is_refused(client, callback, stored, levels):
    callback["deep"] = json.loads("[" * (levels - 1) + "]" * (levels - 1))

    assert refused(client.post(PATH, json=callback), 400)
    assert stored == []


@pytest.mark.parametrize("levels", [65, 250])
def test_a_document_deeper_than_jsonapi_documents_are_read_is_stored_with_the_reason(
    client, callback, stored, levels
):
    callback["deep"] = json.loads("[" * (levels - 1) + "]" * (levels - 1))

    assert refused(client.post(PATH, json=callback), 422)
    assert [one.problem for one in stored] == ["(document): nests deeper than 64 levels"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"meta": None},
        {"meta": []},
        {"data": {"type": "t", "id": "1"}},
        *(
            document_with_secret(s)
            for s in ("guess", "", "12345", "1234567", None, 123456, True, [], {}, "é")
        ),
        document_with_secret("\ud800"),
        document_with_secret("123456\0"),
    ],
    ids=repr,
)
def test_a_callback_without_the_right_secret_is_refused(client, stored, document):
    response = client.post(PATH, data=json.dumps(document))

    assert refused(response, 401)
    assert stored == []


def test_an_answer_reveals_nothing_about_the_document_before_the_secret_is_verified(client):
    bad = client.post(PATH, json={"data": None, "meta": {"api_secret": "guess"}})
    good = client.post(PATH, json={"data": {"type": "t", "id": "1"}})

    assert bad.data == good.data


def test_every_secret_of_a_rotation_is_accepted(make_client, make_settings, callback, stored):
    client = make_client(make_settings(secrets=("old", "new")))

    for secret in ("old", "new"):
        callback["meta"]["api_secret"] = secret
        assert client.post(PATH, json=callback).status_code == 200

    assert stored[0].body_sha256 == stored[1].body_sha256


def test_a_workspace_without_secrets_needs_a_setting_that_allows_it(make_client, make_settings):
    with pytest.raises(MissingCallbackSecret, match=r"demo: set CENTION_CALLBACK_SECRETS"):
        make_client(make_settings(secrets=()))


def test_with_that_setting_no_secret_is_required(make_client, make_settings, callback, stored):
    client = make_client(make_settings(secrets=(), allow_unsigned=True))

    with_one = client.post(PATH, json=callback)
    del callback["meta"]
    without = client.post(PATH, json=callback)

    assert (with_one.status_code, without.status_code) == (200, 200)
    assert "api_secret" not in repr(stored)


def test_an_unknown_workspace_is_not_found(client, callback, stored):
    response = client.post("/callbacks/other", json=callback)

    assert refused(response, 404)
    assert b"demo" not in response.data
    assert stored == []


def test_an_unknown_workspace_has_the_answer_of_any_unknown_page(client, callback):
    assert client.post("/callbacks/other", json=callback).data == client.get("/nothing").data


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_allowed(client, method):
    response = client.open(PATH, method=method)

    assert response.status_code == 405
    assert response.mimetype == ERROR
    assert response.headers["Allow"] == "POST"


def test_a_body_of_more_than_ten_mebibytes_is_refused_by_its_length_alone(client, stored):
    response = client.post(PATH, data=b" " * (COUNTED_MAX_BYTES + 1))

    assert refused(response, 413)
    assert stored == []


def test_a_body_of_ten_mebibytes_is_accepted(client, callback):
    text = json.dumps(callback).encode()

    assert client.post(PATH, data=text.ljust(COUNTED_MAX_BYTES)).status_code == 200


def escaped(text):
    """Return ``text`` as JSON in which every letter but a to z, digits and / is a number."""
    slash = text.replace("/", "\0")
    numbered = (c if c.isascii() and c.isalnum() else rf"\u{ord(c):04x}" for c in slash)
    return "".join(numbered).replace(r"\u0000", r"\/")


def with_text(callback, text):
    """Return ``callback`` as JSON with one more ``text``, which is escaped already."""
    callback["data"]["attributes"]["more"] = "HERE"
    return json.dumps(callback).replace("HERE", text).encode()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["<p>one</p>", "räksmörgås", "письмо", "手紙", "aGk/aGk+aA=="])
def test_of_an_escaped_letter_one_byte_counts(client, callback, stored, text):
    times = (COUNTED_MAX_BYTES - 100_000) // max(len(text), len(escaped(text)) // 3 + 1)
    body = with_text(callback, escaped(text) * times)
    assert len(body) > COUNTED_MAX_BYTES

    response = client.post(PATH, data=body)

    assert response.status_code == 200
    [new] = stored
    assert new.document["data"]["attributes"]["more"] == text * times


def test_more_than_ten_mebibytes_of_letters_are_refused_however_they_are_escaped(
    client, callback, stored
):
    body = with_text(callback, r"\u003cabcdefg" * (COUNTED_MAX_BYTES // 8))

    assert refused(client.post(PATH, data=body), 413)
    assert stored == []


def test_more_than_three_times_the_limit_is_refused_whatever_counts(client, callback, stored):
    body = with_text(callback, r"\u003c" * (ARRIVING_MAX_BYTES // 6))

    assert refused(client.post(PATH, data=body), 413)
    assert stored == []


def test_an_invalid_callback_is_stored_with_its_problem_and_the_answer_has_its_pointer(
    client, stored, notified
):
    response = client.post(PATH, json={"data": {"id": "1"}, "meta": {"api_secret": "123456"}})

    assert refused(response, 422)
    assert response.json["errors"][0]["source"] == {"pointer": "/data/type"}
    [new] = stored
    assert new.problem.startswith("/data/type")
    assert (new.event, new.remote_id) == (None, None)
    assert notified == []


@pytest.mark.parametrize("broken_part", [{}, {"data": []}], ids=["a callback", "a problem"])
def test_a_callback_that_can_be_stored_nowhere_is_answered_503(
    make_client, callback, notified, broken_part
):
    def full(_):
        raise StorageUnavailable

    response = make_client(store=full).post(PATH, json=callback | broken_part)

    assert refused(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert notified == []


def test_an_unexpected_error_quotes_nothing_of_the_request(make_client, callback, capsys):
    def broken(new):
        raise RuntimeError(f"cannot store {new.document}")

    response = make_client(store=broken).post(PATH, json=callback)

    assert refused(response, 500)
    written = response.text + capsys.readouterr().err
    assert "david.liew" not in written
    assert "123456" not in written


def test_a_slash_at_the_end_of_the_address_is_ignored(client, callback, stored):
    assert client.post(f"{PATH}/", json=callback).status_code == 200
    assert [new.workspace for new in stored] == ["demo"]


def test_callbacks_to_unknown_addresses_are_logged_but_not_each(client, callback, capsys):
    for path in ("/callbacks/dmo", "/callbacks/demo/x", "/callbacks", "/callback/demo", "/"):
        assert client.post(path, json=callback).status_code == 404

    logged = "".join(capsys.readouterr())
    assert logged.count("callbacks refused") == 1
    assert "/callbacks/dmo" in logged


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/callbacks/demo", b"x", 400),
        ("POST", "/callbacks/demo", b"{}", 401),
        ("POST", "/callbacks/dmo", b"{}", 404),
        ("POST", "/callbacks", b"{}", 404),
        ("POST", "/callback/demo", b"{}", 404),
        ("PUT", "/callbacks/demo", b"{}", 405),
        ("POST", "/callbacks/demo/", b" " * (COUNTED_MAX_BYTES + 1), 413),
        ("POST", "/callbacks/demo", b'{"meta": {"api_secret": "123456"}, "data": 1}', 422),
    ],
)
def test_every_refused_callback_is_counted_by_workspace_and_leaves_a_line_in_the_log(
    client, capsys, method, path, body, status
):
    workspace = "demo" if path.startswith("/callbacks/demo") else ""
    labels = {"workspace": workspace, "status": str(status)}
    before = REGISTRY.get_sample_value("cention_callbacks_total", labels) or 0

    for _ in range(2):
        assert client.open(path, method=method, data=body).status_code == status

    assert REGISTRY.get_sample_value("cention_callbacks_total", labels) == before + 2
    logged = "".join(capsys.readouterr())
    assert logged.count("callbacks refused") == 1
    field, value = ("workspace", workspace) if workspace else ("path", shortened(path))
    for name, shown in (("status", str(status)), (field, value)):
        # As JSON, or in structlog's own form: whichever the log was set up for first.
        assert re.search(rf"{name}\W+{re.escape(shown)}", logged.replace("\\u2026", "…"))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/callbacks/dmo", "/callbacks/dmo"),
        ("/callbacks/demo/the-secret", "/callbacks/demo/…"),
        ("/s/the-token/x", "/s/…"),
        ("/capi/json/x", "/capi/…"),
        ("/", "/"),
        ("/callbacks/" + "x" * 50, "/callbacks/" + "x" * 40 + "…"),
    ],
)
def test_of_a_refused_path_only_its_beginning_is_logged(path, shown):
    assert shortened(path) == shown


@pytest.mark.parametrize("path", ["/", "/callbacks", "/callbacks/", "/callbacks/demo/x", "/%ff"])
def test_every_unknown_page_has_the_same_answer(client, path):
    assert refused(client.post(path), 404)


@pytest.mark.parametrize(("limit", "status"), [(20_000, 200), (15_000, 413)])
def test_the_limit_of_a_callback_is_a_setting(make_client, make_settings, callback, limit, status):
    client = make_client(replace(make_settings(), callback_max_bytes=limit))
    body = json.dumps(callback).encode().ljust(20_000)

    assert client.post(PATH, data=body).status_code == status
