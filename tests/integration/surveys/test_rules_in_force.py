"""Which rules are in force and on, in whatever order files are loaded and rules switched."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.surveys.conftest import START
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules
from workers.surveys.store import survey_rules

LATER = brief(more="quiet_days = 1")  # another version of the rule csat


@pytest.fixture
def states(surveys):
    """Return a function that returns since when each rule in force is on."""

    def on_from():
        return {one.name: one.on_from for one in survey_rules.states(surveys.conn, "demo")}

    return on_from


def versions(surveys):
    """Return since and until when each version of the rule csat is on."""
    rows = surveys.ask(
        "SELECT on_from, off_at FROM feedback.rule WHERE name = 'csat' ORDER BY version"
    )
    return [tuple(row.values()) for row in rows]


def test_the_last_file_that_was_loaded_is_in_force_and_the_earlier_ones_can_be_read(surveys):
    surveys.load(brief())
    surveys.load(LATER)

    newest = survey_rules.newest(surveys.conn, "demo")
    first = survey_rules.of_version(surveys.conn, "demo", 1)

    assert newest.version == 2
    assert newest.document["rule"][0]["quiet_days"] == 1
    assert "quiet_days" not in first.document["rule"][0]
    assert survey_rules.of_version(surveys.conn, "demo", 3) is None


def test_rules_are_listed_by_name(surveys, states):
    surveys.load(brief("b") + brief("c") + brief("a"))
    surveys.ask("SET enable_indexscan = off; SET enable_bitmapscan = off")  # whatever the plan is

    assert list(states()) == ["a", "b", "c"]


def test_a_rule_that_is_on_stays_on_in_a_new_version_from_when_it_was(surveys, states):
    surveys.load(brief(), on=("csat",))
    surveys.load(LATER + brief("other"))

    (_, first_off_at), (second_on_from, second_off_at) = versions(surveys)

    assert states() == {"csat": START, "other": None}
    assert (second_on_from, second_off_at) == (START, None)
    assert first_off_at is not None


def test_a_rule_that_was_switched_off_stays_off_in_new_versions_from_when_it_was(surveys, states):
    surveys.load(brief(), on=("csat",))
    survey_rules.switch_off(surveys.conn, "demo", "csat")
    before = versions(surveys)
    surveys.load(LATER)
    surveys.load(brief())

    assert states() == {"csat": None}
    assert versions(surveys) == [*before, (None, None), (None, None)]


def test_since_when_an_earlier_version_was_on_stays_as_it_was(surveys):
    surveys.load(brief(), on=("csat",))
    survey_rules.switch_off(surveys.conn, "demo", "csat")
    [first] = versions(surveys)
    surveys.load(LATER)
    survey_rules.switch_on(surveys.conn, "demo", "csat")
    surveys.load(brief())

    assert versions(surveys)[0] == first


def test_a_rule_that_left_the_file_comes_back_switched_off(surveys, states):
    surveys.load(brief(), on=("csat",))
    surveys.load(brief("other"), on=("other",))
    surveys.load(brief() + brief("other"))

    assert states() == {"csat": None, "other": START}


def test_switching_on_what_is_on_changes_nothing(surveys, states):
    surveys.load(brief(), on=("csat",))

    assert not survey_rules.switch_on(surveys.conn, "demo", "csat")
    assert states() == {"csat": START}


def test_switching_off_what_is_off_changes_nothing(surveys):
    surveys.load(brief() + brief("never"), on=("csat",))
    survey_rules.switch_off(surveys.conn, "demo", "csat")
    before = versions(surveys)

    assert not survey_rules.switch_off(surveys.conn, "demo", "csat")
    assert not survey_rules.switch_off(surveys.conn, "demo", "never")
    assert versions(surveys) == before


def test_a_rule_that_is_switched_on_again_is_on_from_then(surveys, states):
    surveys.load(brief() + brief("other"), on=("csat", "other"))
    survey_rules.switch_off(surveys.conn, "demo", "csat")

    assert survey_rules.switch_on(surveys.conn, "demo", "csat")

    [now] = surveys.ask("SELECT now() AS now")
    assert START < states()["csat"] <= now["now"]
    assert states()["other"] == START


def test_only_a_rule_of_the_file_in_force_can_be_switched_on(surveys, states):
    surveys.load(brief("old") + brief())
    surveys.load(LATER)

    assert not survey_rules.switch_on(surveys.conn, "demo", "old")
    assert survey_rules.switch_on(surveys.conn, "demo", "csat")

    assert list(states()) == ["csat"]
    assert [on_from is None for on_from, _ in versions(surveys)] == [True, False]


def test_rules_of_one_workspace_can_be_changed_while_a_file_of_another_is_loaded(surveys):
    surveys.load(brief())
    with psycopg.connect(surveys.database) as loading:
        survey_rules.lock(loading, "another")
        surveys.ask("SET lock_timeout = '50ms'")

        assert survey_rules.switch_on(surveys.conn, "demo", "csat")


def test_a_rule_is_switched_on_whatever_was_loaded_in_another_workspace(surveys):
    surveys.load(brief())
    for text in (brief(), LATER):
        load_rules.load(surveys.conn, "another", rules_of(text), dry_run=False)

    assert survey_rules.switch_on(surveys.conn, "demo", "csat")
