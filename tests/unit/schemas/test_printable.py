"""Texts of others reach a terminal without its control characters."""

from __future__ import annotations

import pytest

from schemas.text.printable import escape, escape_lines

HOSTILE = [
    "\x1b[31mred",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x9d8;;https://evil.example\x9cclick",
    "right\rwrong",
    "a\bb",
    "a\tb",
    "a\x7fb",
    "a\x00b",
    "one\ntwo",
    "one\x0btwo\x0cthree\x85four\u2028five\u2029six",
    "\u202etxt.exe",
    "\u2066isolate\u2069",
    "\u200einvisible\u200b\ufeff",
    "tag\U000e0041",
    "half\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_every_character_that_does_not_print_is_escaped(text):
    assert escape(text).isprintable()
    assert escape(text) != text


@pytest.mark.parametrize("text", ["Grüße, 王小明 😀", "", "C:\\new", "[bold]x[/bold]"])
def test_what_prints_stays(text):
    assert escape(text) == text


def test_line_feeds_may_stay_and_nothing_else_that_does_not_print():
    assert escape_lines("one\ntwo\r\x1b[2K\u2028three") == "one\ntwo\\r\\x1b[2K\\u2028three"
