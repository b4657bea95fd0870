"""The rules of the sandbox: `make run` switches them on once, and off beside a real vendor."""

from __future__ import annotations

from deploy.run.sandbox_rules import rules_that_are_on, settle
from tests.support.surveys import brief
from workers.surveys.store import survey_rules

ALL = ["sandbox-centracx", "sandbox-nps", "sandbox-page", "sandbox-stars"]


def test_at_the_first_start_with_the_sandbox_its_rules_are_on(surveys):
    settle(surveys.conn, ["demo"], sandboxed=True)

    assert rules_that_are_on(surveys.conn, "demo") == ALL


def test_a_start_without_the_sandbox_loads_nothing(surveys):
    settle(surveys.conn, ["demo"], sandboxed=False)

    assert survey_rules.newest(surveys.conn, "demo") is None


def test_a_rule_that_an_operator_switched_off_stays_off(surveys):
    settle(surveys.conn, ["demo"], sandboxed=True)
    survey_rules.switch_off(surveys.conn, "demo", "sandbox-centracx")

    settle(surveys.conn, ["demo"], sandboxed=True)

    assert rules_that_are_on(surveys.conn, "demo") == ALL[1:]


def test_rules_that_an_operator_loaded_are_neither_replaced_nor_switched_on(surveys):
    surveys.load(brief())

    settle(surveys.conn, ["demo"], sandboxed=True)

    assert [rule.name for rule in survey_rules.states(surveys.conn, "demo")] == ["csat"]
    assert rules_that_are_on(surveys.conn, "demo") == []


def test_beside_a_real_vendor_the_rules_of_the_sandbox_are_switched_off(surveys):
    settle(surveys.conn, ["demo"], sandboxed=True)

    settle(surveys.conn, ["demo"], sandboxed=False)

    assert rules_that_are_on(surveys.conn, "demo") == []


def test_beside_a_real_vendor_the_rules_of_an_operator_stay_on(surveys):
    surveys.load(brief(), on=("csat",))

    settle(surveys.conn, ["demo"], sandboxed=False)

    assert rules_that_are_on(surveys.conn, "demo") == ["csat"]
