"""What ``POST /callbacks/<workspace>`` answers."""

from __future__ import annotations

import json
import random
from datetime import UTC

import pytest
from receiver.keeping import NotKept

from receiver import Unsigned
from receiver.callbacks import BODY_MAX_BYTES
from tests.support.door import ERROR, PATH, refused


def signed(secret):
    return {"data": {"type": "t", "id": "1"}, "meta": {"api_secret": secret}}


def test_a_callback_is_kept_and_thanked_for(door, callback, kept):
    response = door.post(PATH, json=callback)

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.json == {"status": "ok"}
    [new] = kept
    assert (new.workspace, new.event, new.remote_id, new.problem) == ("demo", 1, 76, None)
    assert new.document["included"] == callback["included"]
    assert new.received_at.tzinfo == UTC


def test_the_secret_is_not_kept(door, callback, kept):
    door.post(PATH, json=callback)

    assert "api_secret" not in repr(kept)
    assert "'123456'" not in repr(kept)


def test_a_kept_callback_is_announced(door, callback, announced):
    door.post(PATH, json=callback)

    assert announced == ["demo"]


def test_nobody_is_nudged_before_the_callback_is_kept(open_door, callback, announced):
    """A worker that was quicker than the commit would find nothing, and nobody would ask again."""
    announced_by_then = []

    def keep(_):
        announced_by_then.extend(announced)

    open_door(keep=keep).post(PATH, json=callback)

    assert announced_by_then == []
    assert announced == ["demo"]


def test_a_repeat_has_the_key_of_the_first_however_it_is_written(door, callback, kept):
    door.post(PATH, data=json.dumps(callback, indent=2))
    random.Random(1).shuffle(callback["included"])
    door.post(PATH, data=json.dumps(callback, sort_keys=True, separators=(",", ":")))

    first, second = kept
    assert first.body_sha256 == second.body_sha256


@pytest.mark.parametrize("event", [2, "1", None, "closed"])
def test_an_event_we_do_not_know_is_never_turned_away(door, callback, kept, event):
    callback["data"]["attributes"]["event"] = event

    response = door.post(PATH, json=callback)

    assert response.status_code in (200, 422)
    assert len(kept) == 1


def test_a_type_we_do_not_know_is_kept(door, callback, kept):
    callback["data"]["type"] = "c3_callback_close_errands"

    assert door.post(PATH, json=callback).status_code == 200
    assert len(kept) == 1


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
def test_any_content_type_is_accepted(door, callback, content_type):
    response = door.post(PATH, data=json.dumps(callback), content_type=content_type)

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
def test_what_is_no_json_object_is_refused(door, kept, announced, body):
    response = door.post(PATH, data=body)

    assert refused(response, 400)
    assert (kept, announced) == ([], [])


def test_a_document_of_too_many_levels_is_refused(door, callback, kept):
    callback["deep"] = json.loads("[" * 300 + "]" * 300)

    assert refused(door.post(PATH, json=callback), 400)
    assert kept == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"meta": None},
        {"meta": []},
        {"data": {"type": "t", "id": "1"}},
        *(signed(s) for s in ("guess", "", "12345", "1234567", None, 123456, True, [], {}, "é")),
        signed("\ud800"),
        signed("123456\0"),
    ],
    ids=repr,
)
def test_whoever_does_not_show_the_secret_is_refused(door, kept, document):
    response = door.post(PATH, data=json.dumps(document))

    assert refused(response, 401)
    assert kept == []


def test_nothing_about_the_document_is_told_before_the_secret_is_right(door):
    bad = door.post(PATH, json={"data": None, "meta": {"api_secret": "guess"}})
    good = door.post(PATH, json={"data": {"type": "t", "id": "1"}})

    assert bad.data == good.data


def test_every_secret_of_a_rotation_is_accepted(open_door, make_settings, callback, kept):
    door = open_door(make_settings(secrets=("old", "new")))

    for secret in ("old", "new"):
        callback["meta"]["api_secret"] = secret
        assert door.post(PATH, json=callback).status_code == 200

    assert kept[0].body_sha256 == kept[1].body_sha256


def test_a_workspace_without_secrets_needs_a_word_in_the_settings(open_door, make_settings):
    with pytest.raises(Unsigned, match=r"demo: set CENTION_CALLBACK_SECRETS"):
        open_door(make_settings(secrets=()))


def test_with_that_word_no_secret_is_asked_for(open_door, make_settings, callback, kept):
    door = open_door(make_settings(secrets=(), allow_unsigned=True))

    with_one = door.post(PATH, json=callback)
    del callback["meta"]
    without = door.post(PATH, json=callback)

    assert (with_one.status_code, without.status_code) == (200, 200)
    assert "api_secret" not in repr(kept)


def test_an_unknown_workspace_is_not_found(door, callback, kept):
    response = door.post("/callbacks/other", json=callback)

    assert refused(response, 404)
    assert b"demo" not in response.data
    assert kept == []


def test_an_unknown_workspace_is_answered_like_any_other_unknown_page(door, callback):
    assert door.post("/callbacks/other", json=callback).data == door.get("/nothing").data


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_allowed(door, method):
    response = door.open(PATH, method=method)

    assert response.status_code == 405
    assert response.mimetype == ERROR
    assert response.headers["Allow"] == "POST"


def test_a_body_of_more_than_ten_mebibytes_is_refused_by_its_length_alone(door, kept):
    response = door.post(PATH, data=b" " * (BODY_MAX_BYTES + 1))

    assert refused(response, 413)
    assert kept == []


def test_a_body_of_ten_mebibytes_is_taken(door, callback):
    text = json.dumps(callback).encode()

    assert door.post(PATH, data=text.ljust(BODY_MAX_BYTES)).status_code == 200


def test_what_is_no_callback_is_kept_as_a_problem_and_told_where(door, kept, announced):
    response = door.post(PATH, json={"data": {"id": "1"}, "meta": {"api_secret": "123456"}})

    assert refused(response, 422)
    assert response.json["errors"][0]["source"] == {"pointer": "/data/type"}
    [new] = kept
    assert new.problem.startswith("/data/type")
    assert (new.event, new.remote_id) == (None, None)
    assert announced == []


@pytest.mark.parametrize("spoil", [{}, {"data": []}], ids=["a callback", "a problem"])
def test_what_could_be_stored_nowhere_must_be_sent_again(open_door, callback, announced, spoil):
    def full(_):
        raise NotKept

    response = open_door(keep=full).post(PATH, json=callback | spoil)

    assert refused(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert announced == []


def test_the_unexpected_is_answered_with_nothing_of_the_request_in_it(open_door, callback, capsys):
    def broken(new):
        raise RuntimeError(f"cannot keep {new.document}")

    response = open_door(keep=broken).post(PATH, json=callback)

    assert refused(response, 500)
    told = response.text + capsys.readouterr().err
    assert "david.liew" not in told
    assert "123456" not in told


@pytest.mark.parametrize("path", ["/", "/callbacks", "/callbacks/", "/callbacks/demo/x", "/%ff"])
def test_every_other_page_is_missing_in_the_same_words(door, path):
    assert refused(door.post(path), 404)
