"""The texts of the survey pages: complete in every language, and chosen as the customer wishes."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from receiver.surveys import language
from receiver.surveys.language import choose, texts_in
from schemas.surveys.questions import LANGUAGES, SCALES, Kind

PACKAGE = Path(language.__file__).parent
ENGLISH = texts_in("en").words


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(name):
    words = texts_in(name).words

    assert list(words) == list(ENGLISH)
    for key, text in words.items():
        if isinstance(text, str):
            assert text.strip() == text != ""
            assert placeholders(text) == placeholders(ENGLISH[key]), key


@pytest.mark.parametrize("name", [one for one in LANGUAGES if one != "en"])
def test_no_text_was_left_in_english(name):
    words = texts_in(name).words
    same = {key for key, text in words.items() if text == ENGLISH[key]}

    assert same <= {"stars", "finish", "start"}


@pytest.mark.parametrize("kind", [Kind.CSAT, Kind.CES])
@pytest.mark.parametrize("name", LANGUAGES)
def test_every_step_of_a_scale_has_its_own_words(name, kind):
    lowest, highest = SCALES[kind]
    steps = texts_in(name).steps(kind.value)

    assert len(set(steps)) == highest - lowest + 1


def test_every_text_is_used_and_every_used_text_exists():
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")]
    code = "".join(path.read_text("utf-8") for path in sources)
    used = {key for key in ENGLISH if re.search(rf"""["']{key}["']""", code)}
    of_kinds = {f"{kind.value}_hint" for kind in Kind} | {"csat", "ces"}
    of_states = {f"{one}_{part}" for one in _messages(code) for part in ("title", "text")}

    assert set(ENGLISH) - used - of_kinds - of_states == set()
    assert (of_kinds - {"choice_hint"}) | of_states <= set(ENGLISH)


def _messages(code):
    """Return the pages of one heading and one paragraph: named in the code, or states."""
    named = re.findall(r'message\(\s*"(\w+)"', code) + re.findall(r'_again\(plain, "(\w+)"', code)
    return {*named, "done", "gone", "stopped", "expired", "away", "unsaved"}


@pytest.mark.parametrize(
    ("wanted", "accepted", "expected"),
    [
        (["fi", "sv"], ["de"], "fi"),
        ([None, "sv"], ["de"], "sv"),
        (["FI-fi"], [], "fi"),
        (["sv_SE"], [], "sv"),
        (["no"], [], "nb"),
        (["nn-NO"], [], "nb"),
        (["", "xx", "en2"], ["fr", "*", "da"], "da"),
        ([None], [], "en"),
    ],
)
def test_the_first_language_that_we_speak_is_chosen(wanted, accepted, expected):
    assert choose(wanted, accepted) == expected


def test_placeholders_are_filled_in_and_braces_of_values_are_kept():
    assert texts_in("sv")("question_of", position=2, count="{x}") == "Fråga 2 av {x}"
