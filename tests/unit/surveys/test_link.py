"""The secrets in links to our pages."""

from __future__ import annotations

import hashlib
import re

from workers.surveys.rules.link import digest_of, link_of, stop_link_of, token_of

KEY = bytes(range(32))


def test_a_token_is_22_characters_that_need_no_quoting_in_an_address():
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token_of(KEY, "reference"))


def test_the_token_of_a_reference_is_always_the_same():
    assert token_of(KEY, "reference") == token_of(KEY, "reference")


def test_each_reference_and_each_workspace_has_a_token_of_its_own():
    tokens = {token_of(KEY, "a"), token_of(KEY, "b"), token_of(bytes(32), "a")}

    assert len(tokens) == 3


def test_what_is_stored_is_the_digest_of_the_text():
    assert digest_of("token") == hashlib.sha256(b"token").digest()


def test_what_is_no_text_in_utf_8_has_a_digest_too():
    assert len(digest_of("\ud800")) == 32


def test_links_are_below_the_public_address():
    assert link_of("https://ask.example.com/", "t") == "https://ask.example.com/s/t"
    assert stop_link_of("https://ask.example.com", "t") == "https://ask.example.com/s/t/stop"
