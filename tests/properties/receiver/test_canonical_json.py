"""Any callback becomes canonical: without secrets, storable, and in one order."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from receiver.authentication import Secrets
from receiver.canonical_json import canonicalise

SECRETS = Secrets(["old", "new", "s3cret-of-many-letters"])


texts = st.text() | st.sampled_from(
    [
        "old",
        "new",
        "api_secret",
        "\0",
        "\ud800",
        "old\0",
        "s3cret-of-many-letters",
        "a s3cret-of-many-letters b",
    ]
)


documents = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    ),
    max_size=4,
)


def texts_in(value):
    if isinstance(value, dict):
        return {text for pair in value.items() for part in pair for text in texts_in(part)}
    if isinstance(value, list):
        return {text for element in value for text in texts_in(element)}
    return {value} if isinstance(value, str) else set()


@given(documents)
def test_no_secret_and_no_unstorable_character_is_left_in_any_document(document):
    left = texts_in(canonicalise(document, SECRETS).document)

    assert "s3cret-of-many-letters" not in "\n".join(left)
    assert "\0" not in "".join(left)
    "".join(left).encode()


@given(documents)
def test_no_member_called_api_secret_is_left_in_any_document(document):
    stored = canonicalise({"api_secret": 1, "deep": [document]}, SECRETS).document

    assert '"api_secret":' not in json.dumps(stored)


@given(documents)
def test_canonicalising_twice_changes_nothing(document):
    canonical = canonicalise(document, SECRETS)

    assert canonicalise(canonical.document, SECRETS) == canonical


@given(st.permutations([{"type": t, "id": i} for t in ("a", "b") for i in ("1", "2", 3)]))
def test_the_order_of_included_makes_no_difference(included):
    in_order = sorted(included, key=lambda one: (one["type"], str(one["id"])))

    one = canonicalise({"included": included}, SECRETS)
    other = canonicalise({"included": in_order}, SECRETS)

    assert one.sha256 == other.sha256


@given(st.dictionaries(st.text("abc"), documents), st.randoms())
def test_the_order_of_members_makes_no_difference(document, rng: random.Random):
    members = list(document.items())
    rng.shuffle(members)

    assert canonicalise(dict(members), SECRETS).sha256 == canonicalise(document, SECRETS).sha256
