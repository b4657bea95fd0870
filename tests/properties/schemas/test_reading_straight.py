"""A document as documented is read straight; marshmallow-jsonapi is asked about any other.

Both come to the same verdict, and to the same record.
"""

from __future__ import annotations

import json
from unittest.mock import patch
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.cention.attachments import AttachmentKind, read_attachment
from schemas.cention.callbacks import read_callback
from schemas.cention.contact_cards import read_contact_card
from schemas.cention.errand_reports import action_offsets, read_errand_report
from schemas.cention.facebook_ratings import read_facebook_rating
from schemas.errors import DocumentError
from schemas.jsonapi import document as jsonapi_document
from schemas.jsonapi.document import Key, open_document
from schemas.jsonapi.marshmallow_reader import ResourceSchema
from schemas.strict_json import read_json
from schemas.text.unstorable import replace_unstorable
from tests.bench import documents
from tests.properties.changed_documents import ANY_JSON, ODD, changed, paths, sample
from workers.database.json_text import storable

MAX_EXAMPLES = settings().max_examples * 3 // 2  # 150; fewer in `make test-fast`
ZONE = ZoneInfo("Asia/Kuala_Lumpur")


def report(document):
    return read_errand_report(document, zone=ZONE)


def attachment(document):
    return read_attachment(document, AttachmentKind.RESPONSE)


DOCUMENTED = {
    "report": (report, sample("errand_report_33")),
    "another report": (report, sample("errand_report_2256")),
    "report with ten actions": (report, documents.errand_report(7)),
    "offsets of a report": (action_offsets, sample("errand_report_33")),
    "callback": (read_callback, sample("callback_answer_errand")),
    "callback with files": (read_callback, documents.callback(7, secret="")),
    "rating": (read_facebook_rating, sample("facebook_rating_3")),
    "attachment": (attachment, sample("response_attachment_1270")),
    "contact card": (read_contact_card, sample("contact_card_response")),
}


def verdict(read, document):
    try:
        return repr(read(document))
    except DocumentError as error:
        return error.faults


def verdict_of_marshmallow(read, document):
    """Return the verdict of what names faults: of the shape, and of the members."""
    with (
        patch.object(ResourceSchema, "read_straight", side_effect=ValidationError("not asked")),
        patch.object(jsonapi_document, "_ordinary_document", return_value=None),
    ):
        return verdict(read, document)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_marshmallow_is_not_asked_about_a_document_as_documented(name):
    read, document = DOCUMENTED[name]

    with patch.object(ResourceSchema, "load", side_effect=AssertionError):
        straight = verdict(read, document)

    assert straight == verdict_of_marshmallow(read, document)


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_shape_of_a_document_as_documented_is_ordinary(name):
    _, document = DOCUMENTED[name]

    with patch.object(jsonapi_document, "_with_embedded", side_effect=AssertionError):
        open_document(document)


IDENTIFIER = st.fixed_dictionaries({"type": st.sampled_from("ab"), "id": st.sampled_from("12")})
RELATIONSHIP = st.fixed_dictionaries({"data": IDENTIFIER | st.lists(IDENTIFIER, max_size=2)})
RESOURCE = st.builds(
    lambda identifier, related: identifier | {"relationships": related},
    IDENTIFIER,
    st.dictionaries(st.sampled_from("xy"), RELATIONSHIP, max_size=2),
)


@given(data=RESOURCE, included=st.lists(RESOURCE | IDENTIFIER, max_size=4))
@settings(max_examples=MAX_EXAMPLES, deadline=None)
def test_both_find_the_same_resources_and_the_same_cycles(data, included):
    def resources(document):
        opened = open_document(document, renamed={"b": "a"})
        return opened.primary, tuple(opened.included.items()), opened.included.get(Key("a", "1"))

    document = {"data": data, "included": included}

    assert verdict(resources, document) == verdict_of_marshmallow(resources, document)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_both_agree_on_a_document_changed_at_any_one_place(name):
    read, document = DOCUMENTED[name]

    for path in paths(document):
        for value in ODD:
            other = changed(document, path, value)
            assert verdict(read, other) == verdict_of_marshmallow(read, other)


@pytest.mark.parametrize("name", DOCUMENTED)
@given(drawn=st.data())
@settings(max_examples=MAX_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_agree_on_a_document_changed_at_several_places(name, drawn):
    read, document = DOCUMENTED[name]
    for _ in range(drawn.draw(st.integers(1, 4))):
        path = drawn.draw(st.sampled_from(list(paths(document))))
        document = changed(document, path, drawn.draw(ANY_JSON | st.sampled_from(ODD)))

    assert verdict(read, document) == verdict_of_marshmallow(read, document)


@pytest.mark.parametrize("name", DOCUMENTED)
@given(document=ANY_JSON)
@settings(max_examples=MAX_EXAMPLES, deadline=None)
def test_both_agree_on_any_json(name, document):
    read, _ = DOCUMENTED[name]

    assert verdict(read, document) == verdict_of_marshmallow(read, document)


@pytest.mark.parametrize("name", DOCUMENTED)
@given(drawn=st.data())
@settings(max_examples=MAX_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bytes_come_to_the_same_record_as_with_the_standard_library_and_marshmallow(name, drawn):
    read, document = DOCUMENTED[name]
    for _ in range(drawn.draw(st.integers(0, 3))):
        path = drawn.draw(st.sampled_from(list(paths(document))))
        document = changed(document, path, drawn.draw(st.sampled_from(ODD)))
    body = twice(document, drawn).encode("utf-8", "surrogatepass")

    assert verdict_on_bytes(read, body) == slow_verdict_on_bytes(read, body)


def twice(document, drawn):
    """Return JSON in which some members occur twice, the first time with another value."""
    text = json.dumps(document, ensure_ascii=drawn.draw(st.booleans()))
    name = drawn.draw(st.sampled_from(['"id"', '"data"', '"note"', '"c3_id"', '"none"']))
    return text.replace(f"{name}:", f"{name}: {drawn.draw(st.integers())}, {name}:")


def verdict_on_bytes(read, body):
    try:
        document = read_json(body)
    except ValueError as error:
        return str(error)
    return verdict(read, storable(document)[0] if isinstance(document, dict) else document)


def slow_verdict_on_bytes(read, body):
    refusal = orjson.JSONDecodeError("not asked", "", 0)
    with patch.object(orjson, "loads", side_effect=refusal):
        try:
            document = read_json(body)
        except ValueError as error:
            return str(error)
    return verdict_of_marshmallow(read, replace_unstorable(document))
