"""Alvaria: tokens, contexts, outcomes and errors as documented and as they may be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.errors import DocumentError
from schemas.surveys.alvaria import (
    AccessToken,
    body_of_outcome,
    error_texts,
    expires_at,
    form_of_token,
    is_session_id,
    read_context,
    read_token,
    variables_of,
)

SAMPLE_TOKEN = {
    "access_token": "f0c5a2c8-63c6-4a55-9c5b-2b1f0d4f7c11",
    "scope": "customerexperienceapi",
    "token_type": "Bearer",
    "expires_in": 3599,
}
SAMPLE_ERROR = {
    "code": "400",
    "message": "Validation exception",
    "errors": [
        {
            "scope": "global",
            "reason": "Invalid request",
            "message": "The value for the channel is invalid",
        }
    ],
}


def test_a_token_is_asked_for_with_its_realm():
    assert form_of_token("acme", "customerexperienceapi") == {
        "grant_type": "client_credentials",
        "scope": "customerexperienceapi",
        "realm": "acme",
    }


def test_a_token_is_used_until_two_minutes_before_its_end():
    token = read_token(SAMPLE_TOKEN)

    assert token == AccessToken(token=SAMPLE_TOKEN["access_token"], expires_in_s=3599.0)
    assert expires_at(token, asked_at=1000.0) == 1000 + 3599 - 120
    assert token.token not in repr(token)


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        ("3599", 3599),
        (59.5, 59.5),
        (None, 3600),
        ("soon", 3600),
        (-1, 3600),
        (True, 3600),
        (float("nan"), 3600),
        (10**400, 86_400),
    ],
)
def test_the_life_of_a_token_is_a_number_or_an_hour(expires_in, seconds):
    assert read_token(SAMPLE_TOKEN | {"expires_in": expires_in}).expires_in_s == seconds


@pytest.mark.parametrize("token", [None, "", 7, "a b", "a\r\nb", "å", "x" * 9000])
def test_a_token_that_no_header_carries_is_refused(token):
    with pytest.raises(DocumentError):
        read_token(SAMPLE_TOKEN | {"access_token": token})


@pytest.mark.parametrize(
    ("document", "context"),
    [
        # The sample: its content is a text.
        ({"kind": "cxp#disposableAppContext", "content": "Context"}, {"content": "Context"}),
        ({"content": '{"errand": 7, "language": "sv"}'}, {"errand": 7, "language": "sv"}),
        ({"content": {"errand": 7}}, {"errand": 7}),
        ({"content": "[1, 2]"}, {"content": "[1, 2]"}),
        ({"content": "<xml/>"}, {"content": "<xml/>"}),
        ({"content": '{"a": "\\u0000"}'}, {"a": "�"}),
        ({"kind": "cxp#disposableAppContext"}, {}),
        ({"content": None}, {}),
        ({}, {}),
    ],
)
def test_a_context_is_an_object_whatever_its_content_is(document, context):
    assert read_context(document).document == context


@pytest.mark.parametrize("document", [None, [], "Context", {"content": 7}, {"content": [1]}])
def test_another_document_is_no_context(document):
    with pytest.raises(DocumentError):
        read_context(document)


@pytest.mark.parametrize(
    ("value", "errand_id"),
    [
        ("2256", 2256),
        (2256, 2256),
        (" 2256 ", 2256),
        ("#2256", None),
        (0, None),
        (-1, None),
        (True, None),
        (2**63, None),
        ("9" * 40, None),
        ("٣", None),
        (2256.0, None),
        (None, None),
    ],
)
def test_the_errand_is_a_number_under_the_key_of_the_rules_file(value, errand_id):
    assert read_context({"content": {"errand": value}}).errand_id("errand") == errand_id
    assert read_context({"content": {"errand": value}}).errand_id("other") is None


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("sv", "sv"),
        ("SV-se", "sv"),
        ("en_GB", "en"),
        (" fi ", "fi"),
        ("Swedish", None),
        ("s", None),
        (7, None),
        ("", None),
    ],
)
def test_the_language_is_its_first_part(value, language):
    assert read_context({"content": {"language": value}}).language("language") == language


def test_a_context_is_in_no_representation():
    assert "Karin" not in repr(read_context({"content": '{"name": "Karin"}'}))


def test_an_outcome_has_texts_and_nothing_where_there_is_no_answer():
    variables = {
        "npsScore": 9,
        "share": Decimal("7.0"),
        "half": 0.5,
        "again": True,
        "never": False,
        "comment": "Snabbt & bra\0",
        "empty": "",
        "none": None,
    }

    assert body_of_outcome(variables) == {
        "kind": "cxp#disposableAppOutcome",
        "variables": [
            {"id": "npsScore", "value": "9"},
            {"id": "share", "value": "7"},
            {"id": "half", "value": "0.5"},
            {"id": "again", "value": "true"},
            {"id": "never", "value": "false"},
            {"id": "comment", "value": "Snabbt & bra�"},
            {"id": "empty", "value": ""},
        ],
    }


@pytest.mark.parametrize(
    ("variables", "pointer"),
    [({"": "x"}, ""), ({" ": "x"}, ""), ({"a/b": [1]}, "/a~1b"), ({"a": float("inf")}, "/a")],
)
def test_a_variable_without_an_id_or_a_text_is_refused(variables, pointer):
    with pytest.raises(DocumentError) as caught:
        body_of_outcome(variables)

    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_only_variables_of_the_map_are_sent():
    ids = {"nps": "npsScore", "comment": None, "later": "laterText", "why": "whyText"}
    answers = {"nps": 9, "comment": "x", "unknown": "y", "why": None}

    assert variables_of(ids, answers) == {"npsScore": 9}


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        (SAMPLE_ERROR, ("Validation exception", "The value for the channel is invalid")),
        (SAMPLE_ERROR | {"code": 400, "errors": None}, ("Validation exception",)),
        (
            {"error": "invalid_client", "error_description": "Client authentication failed"},
            ("Client authentication failed", "invalid_client"),
        ),
        ({"message": 7, "errors": ["x", {"message": " "}]}, ()),
        ([], ()),
        (None, ()),
    ],
)
def test_an_error_says_its_messages(document, texts):
    assert error_texts(document) == texts


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("dialog-1", True),
        ("å b", True),
        ("", False),
        (" ", False),
        ("a\0", False),
        ("x" * 201, False),
    ],
)
def test_the_id_of_a_dialog_is_a_printable_text_of_some_length(text, possible):
    assert is_session_id(text) is possible
