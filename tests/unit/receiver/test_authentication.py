"""A callback is verified by the secret in its document."""

from __future__ import annotations

import pytest

from receiver.authentication import Secrets

SECRETS = Secrets(["old", "new"])


@pytest.mark.parametrize("secret", ["old", "new"])
def test_every_secret_of_a_rotation_is_verified(secret):
    assert SECRETS.verify({"meta": {"api_secret": secret}})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"meta": None},
        {"meta": []},
        {"meta": {}},
        {"meta": "old"},
        *(
            {"meta": {"api_secret": shown}}
            for shown in ("", "ol", "older", "öld", "\ud800", "old\0", None, 0, True, ["old"], {})
        ),
    ],
    ids=repr,
)
def test_anything_else_is_not_verified(document):
    assert not SECRETS.verify(document)


def test_an_empty_secret_does_not_verify_a_document_without_secret():
    assert not Secrets([""]).verify({"meta": {"api_secret": None}})


def test_every_secret_is_compared_even_after_one_was_equal(monkeypatch):
    """Otherwise the time taken would show which secret was given."""
    compared = []
    monkeypatch.setattr(
        "receiver.authentication.hmac.compare_digest", lambda *pair: compared.append(pair) or True
    )

    SECRETS.verify({"meta": {"api_secret": "old"}})

    assert len(compared) == 2


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_secret_that_begins_with_another_nothing_is_left(order):
    """Whichever stands first in the settings."""
    short, long = "the-first-of-our-secrets", "the-first-of-our-secrets-2"
    both = Secrets([short, long][::order])

    redacted = both.redact({"text": f"{long}, {short}, {long}"})

    assert redacted == {"text": "[removed], [removed], [removed]"}
