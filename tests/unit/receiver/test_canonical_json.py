"""A callback is read and brought into canonical form, without secrets, before it is stored."""

from __future__ import annotations

import pytest

from receiver.authentication import Secrets
from receiver.canonical_json import InvalidBody, canonicalise, read_body
from schemas.strict_json import MAX_DEPTH

SECRETS = Secrets(["old", "new"])


def nested(levels):
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": "\x00"}',
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_anything_but_one_json_object_is_an_invalid_body(body):
    with pytest.raises(InvalidBody):
        read_body(body)


def test_a_byte_order_mark_is_accepted():
    assert read_body(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_of_a_member_given_twice_the_last_counts():
    assert read_body(b'{"a": 1, "a": 2}') == {"a": 2}


def test_the_secret_is_removed_and_the_rest_stays_as_it_is():
    document = {"data": {"id": "1"}, "meta": {"api_secret": "old", "sent": [1, 2.5, None, True]}}

    canonical = canonicalise(document, SECRETS)

    assert canonical.document == {"data": {"id": "1"}, "meta": {"sent": [1, 2.5, None, True]}}


def test_the_received_document_is_not_changed():
    document = {"meta": {"api_secret": "old"}, "included": [{"id": "2"}, {"id": "1"}]}

    canonicalise(document, SECRETS)

    assert document == {"meta": {"api_secret": "old"}, "included": [{"id": "2"}, {"id": "1"}]}


def test_secrets_hidden_elsewhere_are_removed_too():
    long = "a-secret-of-many-letters"
    document = {"a": [{"api_secret": "other"}], "b": long, long: 1, "c": {"d": [long]}}

    canonical = canonicalise(document, Secrets([long]))

    assert canonical.document == {
        "a": [{}],
        "b": "[removed]",
        "[removed]": 1,
        "c": {"d": ["[removed]"]},
    }


@pytest.mark.parametrize(
    ("secret", "left"),
    [
        ("s3cret-of-many-42", {"a [removed] b[removed]": ["[removed]", "x[removed]"]}),
        ("text", {"a text btext": ["text", "xtext"]}),
    ],
)
def test_a_long_secret_is_removed_in_texts_and_a_short_one_only_in_its_own_place(secret, left):
    document = {f"a {secret} b{secret}": [secret, f"x{secret}"]}

    assert canonicalise(document, Secrets([secret])).document == left


def test_a_secret_of_odd_characters_is_found_as_well():
    secret = 'a"\\\n\x1f\x7fé😀 and some more'

    assert canonicalise({"a": secret}, Secrets([secret])).document == {"a": "[removed]"}


@pytest.mark.parametrize("extra", [1, 2**70, "\ud800"], ids=["plain", "long number", "surrogate"])
def test_the_secret_does_not_affect_the_canonical_callback(extra):
    canonical = [
        canonicalise({"a": extra, "meta": {"api_secret": s}}, SECRETS) for s in ("old", "new")
    ]

    assert canonical[0] == canonical[1]


@pytest.mark.parametrize(
    "other", [{"a": "1"}, {"a": 1.5}, {"b": 1}, {"a": [1]}, {}, {"a": 2**70}], ids=repr
)
def test_another_document_has_another_fingerprint(other):
    assert canonicalise({"a": 1}, SECRETS).sha256 != canonicalise(other, SECRETS).sha256


@pytest.mark.parametrize("included", [None, "x", [1, None, {}, []], {}], ids=repr)
def test_an_included_of_any_shape_is_accepted(included):
    assert canonicalise({"included": included}, SECRETS).document == {"included": included}


@pytest.mark.parametrize("more", [b"", b',"b":"old"'], ids=["nothing to remove", "a secret"])
def test_documents_are_accepted_up_to_the_maximum_depth_and_refused_beyond(more):
    deepest = read_body(nested(MAX_DEPTH)[:-1] + more + b"}")
    canonicalise(deepest, SECRETS)

    with pytest.raises(InvalidBody, match="nests deeper than 250 levels"):
        read_body(nested(MAX_DEPTH + 1)[:-1] + more + b"}")
