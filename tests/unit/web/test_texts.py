"""Texts of the web face: the same names and places in every language, and none missing."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from tests.support import runbook
from workers.config.web import Role
from workers.operations.jobs import sentences, survey_acts
from workers.operations.jobs.checks.finding import Level
from workers.operations.jobs.shown_settings import GROUPS, Source
from workers.operations.store.operator_requests import Kind, State
from workers.surveys.rules.eligibility import Reason
from workers.surveys.store.decisions import INVITE
from workers.web import surveys, texts
from workers.web.errands import STATES
from workers.web.texts import LANGUAGES, catalogue

WEB = Path(texts.__file__).parent
ALERTS = WEB.parent / "operations" / "jobs" / "alerts.py"
SURVEY_ACTS = (
    *(survey_acts.HOLD, survey_acts.RESUME, survey_acts.RULE_ON, survey_acts.RULE_OFF),
    *(survey_acts.WITHDRAW, survey_acts.OPT_OUT, survey_acts.OPT_IN),
)
USED = re.compile(r"""\bt\('([a-z_]+\.[a-z_]*[a-z])'|text\(\s*"([a-z_]+\.[a-z_]+)\"""")


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(language):
    english, other = catalogue("en"), catalogue(language)

    assert other.keys() == english.keys()
    assert {key for key in english if places(english[key]) != places(other[key])} == set()
    assert [key for key, text in other.items() if not text.strip()] == []


def test_sentences_of_alerts_have_the_languages_of_the_pages():
    assert set(sentences.LANGUAGES) == set(LANGUAGES)


def test_every_text_that_a_page_names_exists():
    files = [*WEB.glob("templates/*.html"), *WEB.glob("*.py")]
    named = {a or b for file in files for a, b in USED.findall(file.read_text("utf-8"))}

    assert len(named) > 100
    assert {key for key in named if not texts.has_text(key)} == set()


def test_what_is_named_by_a_value_has_its_text():
    keys = {
        *(f"role.{role}" for role in Role),
        *(f"state.{state}" for state in STATES),
        *(f"reason.{reason}" for reason in (*Reason, INVITE, surveys.OTHERS)),
        *(f"condition.{reason}" for reason in (*Reason, "on", "due", "answered", "closed")),
        *(f"invitation.{state}" for state in surveys.STATES),
        *(f"request.state_{state}" for state in State),
        *(f"action.{kind}" for kind in (*Kind, *SURVEY_ACTS)),
        *(f"settings.group_{group}" for group in GROUPS),
        *(f"settings.source_{source}" for source in Source),
        *(f"settings.level_{level}" for level in Level),
    } - {"condition.withdrawn_by_operator"}  # never a condition

    assert {key for key in keys if not texts.has_text(key)} == set()


def test_every_alert_names_an_entry_of_the_runbook_that_has_a_text():
    titles = {entry.title for entry in runbook.entries()}
    source = ALERTS.read_text("utf-8")
    named = {key.removeprefix("entry.") for key in catalogue("en") if key.startswith("entry.")}

    assert named <= titles
    assert {title for title in titles if f'"{title}"' in source} == named
    assert len(named) >= 20
