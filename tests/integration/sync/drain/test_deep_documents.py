"""Documents that nest deeper than is read: kept with the reason, and not fetched again."""

from __future__ import annotations

import pytest

from schemas.strict_json import MAX_DEPTH
from tests.integration.bridge import RATINGS
from workers.clients import errors
from workers.clients.http import Answer, json_object
from workers.sync.jobs.family_spec import PlainDocument


def nested(levels):
    return b'{"a":' * levels + b'"innermost"' + b"}" * levels


def fetched(body):
    """Return a fetch function that gets this body from the API."""

    def fetch(_):
        return PlainDocument(document=json_object(Answer(status=200, body=body), api="cention"))

    return fetch


@pytest.mark.parametrize("levels", [65, MAX_DEPTH])
def test_a_document_deeper_than_jsonapi_documents_are_read_is_kept(offline_bridge, ratings, levels):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)

    bridge.drain(ratings.spec(fetch=fetched(nested(levels))))

    [landed] = bridge.rows("SELECT document::text AS text, problem FROM intake.landed")
    assert landed["text"].count("{") == levels
    assert landed["problem"] == "(document): nests deeper than 64 levels"
    assert bridge.wanted_ids() == []


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 870, 1_024, 5_000])
def test_the_text_of_a_document_that_is_too_deep_to_be_read_is_kept(
    offline_bridge, ratings, levels
):
    bridge = offline_bridge
    bridge.want(RATINGS, 7, 8)

    bridge.drain(ratings.spec(fetch=fetched(nested(levels))))

    landed = bridge.rows("SELECT document, problem FROM intake.landed ORDER BY remote_id")
    assert [one["document"] for one in landed] == [{"body": nested(levels).decode()}] * 2
    assert landed[0]["problem"] == "cention: the answer nests deeper than 250 levels (HTTP 200)"
    assert bridge.wanted_ids() == []


def test_what_a_document_contains_is_in_no_message(offline_bridge):
    with pytest.raises(errors.TooDeep) as refusal:
        json_object(Answer(status=200, body=nested(300)), api="cention")

    assert "innermost" not in repr(refusal.value)
