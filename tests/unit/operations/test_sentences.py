"""Sentences of alerts and checks: every language has each of them, and says the same."""

from __future__ import annotations

import copy
import pickle
import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workers.config.names import Mirror
from workers.config.reports import DAYS
from workers.operations.jobs import sentences
from workers.operations.jobs.checks import receiver, settings
from workers.operations.jobs.sentences import (
    LANGUAGES,
    Sentence,
    ago,
    catalogue,
    duration,
    in_language,
    joined,
)

JOBS = Path(sentences.__file__).parent
NAME = re.compile(r'"((?:when|alert|about|check|remedy|refused|nudge|list)\.[a-z_]+)"')
NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def named():
    """Return the names of texts in the code, and those that it makes of others."""
    files = [*JOBS.glob("*.py"), *JOBS.glob("checks/*.py")]
    found = {name for file in files for name in NAME.findall(file.read_text("utf-8"))}
    return (
        found
        | {"alert.list_late_error", "alert.mirror_late_error"}
        | {f"check.no_{claim}" for claim in settings.NEEDED}
        | {f"refused.{status}" for status in receiver.EXPLAINED}
        | {f"day.{day}" for day in DAYS}
        | {f"duration.{unit}" for unit in "smhd"}
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(language):
    english, other = catalogue("en"), catalogue(language)

    assert other.keys() == english.keys()
    assert {key for key in english if places(english[key]) != places(other[key])} == set()
    assert [key for key, text in other.items() if not text.strip()] == []


def test_every_text_that_the_code_names_exists_and_every_text_is_used():
    kept = {key.removesuffix("_many") for key in catalogue("en")}

    assert len(kept) > 150
    assert kept == named()


def test_what_counts_has_a_text_for_one_and_one_for_many():
    texts = catalogue("en")
    counted = {key for key in texts if "count" in places(texts[key])}

    assert {key for key in texts if key.endswith("_many")} <= counted
    one = {key for key in counted if not key.endswith("_many")}
    assert {key for key in one if f"{key}_many" not in texts} == set()


@pytest.mark.parametrize("table", ["alert", "about", "check", "remedy", "refused"])
def test_the_swedish_text_is_not_the_english_one(table):
    same = {
        "about.broker",
        "about.spool",
        "about.workspace",
        "check.mistake",
        "refused.because",
    }
    english, swedish = catalogue("en"), catalogue("sv")

    found = {key for key in english if key.startswith(f"{table}.") and english[key] == swedish[key]}

    assert found <= same


def test_a_sentence_is_a_text_in_english_and_is_known_in_swedish():
    one = Sentence("alert.parked", name="demo errand_reports", count=1)
    many = Sentence("alert.parked", name="demo errand_reports", count=2_000)

    assert one == (
        "demo errand_reports: 1 record parked: it failed too often, or Cention rejected it for"
        " good."
    )
    assert in_language(one, "sv").startswith("demo errand_reports: 1 post är parkerad.")
    assert "2,000 records" in many
    assert "2\N{NARROW NO-BREAK SPACE}000 poster" in in_language(many, "sv")
    assert in_language(many, "en") == many


def test_a_sentence_within_a_sentence_is_in_the_same_language():
    when = ago(NOW - timedelta(minutes=5), NOW)
    late = Sentence("alert.mirror_late", name="demo exports", when=when, every=duration(3_600))

    assert "last refreshed 5m ago, though it is due every 1h" in late
    assert "(senast: för 5 min sedan, intervall: 1 tim)" in in_language(late, "sv")
    assert in_language(ago(None, NOW), "sv") == "aldrig"


def test_what_others_wrote_is_the_same_in_every_language():
    error = "{name} {0} HTTP 500 <b>"
    late = Sentence("alert.list_late_error", name="demo", when=ago(None, NOW), error=error)

    assert all(error in in_language(late, language) for language in LANGUAGES)
    assert in_language("FATAL: no such role", "sv") == "FATAL: no such role"


def test_parts_are_joined_with_commas():
    parts = [Sentence("about.mirror", mirror=one, workspace="demo") for one in Mirror]

    assert in_language(joined(parts), "sv").count(" i demo") == len(Mirror)
    assert joined(parts[:1]) == parts[0]
    assert ", ".join(parts) == joined(parts)


def test_a_copy_is_known_in_swedish_too():
    one = Sentence("alert.newer_database")

    for made in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert in_language(made, "sv") == "Databasen är nyare än det här programmet."


def test_a_text_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        Sentence("alert.no_such_text")
    with pytest.raises(KeyError):
        Sentence("alert.parked", name="demo")
