"""``deploy/prometheus``: every alarm of the runbook that a metric can show has a rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support import metric_names, runbook
from tests.support.alert_cases import CASES
from workers.operations.jobs import alerts

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
ENTRIES = {entry.anchor: entry.title for entry in runbook.entries()}
PLACEHOLDER = "{{ $labels.workspace }}"

# Entries without a rule, and why no metric shows them.
NOT_IN_METRICS = {
    "A machine with a receiver is dead": "shown as a receiver that does not answer",
    "Settings are wrong": "a process that does not start serves no metrics",
    "The disk of Postgres is full": "its size is Postgres' own; here the oldest wait grows",
    "The database is not up to date": "`cention status` and the logs say it",
    "Moved to another database": "a plan, no fault",
    "Analysts may not read": "their BI tool and `cention check` say it",
    "A pooler shares sessions": "`cention check` says it",
    "Restored from a backup": "nothing can tell it from a shorter past",
    "Errands made after the backup": "likewise",
    "Something else answers in place of Cention": "shown as a pause, or as a list that is not read",
    "The workspace has moved": "workers do nothing for it; shown as a list that is not read",
    "A token is to be changed": "a plan, no fault",
    "The secret of callbacks is to be changed": "a plan, no fault",
    "Nothing was ever polled": "what never began has no figure; `cention status` says it",
    "The time zone is wrong": "`cention check` says it",
    "Attachments are refused": "a state of single rows",
    "An import stopped": "a command says it",
    "A mail of an import has different content": "a command says it",
    "Too many are invited": "only people can judge it",
    "The library is not refreshed": "shown as a mirror that is late",
    "Log-ons of a period are missing": "only people can judge it",
    "Errands of the past are missing": "only people can judge it",
    "Cention has to list errands again": "of another system",
}
# Rules that judge as `cention status` does, and the limit of both.
LIMITS = {
    "CentionNoWorkerAnswers": alerts.SILENT_AFTER_S,
    "CentionAllQueuesSilent": alerts.SILENT_AFTER_S,
    "CentionCallbacksNotFiled": alerts.CALLBACK_WAITS_S,
    "CentionSpoolNotEmptying": alerts.SPOOL_WAITS_S,
    "CentionRecordsWait": alerts.RECORD_WAITS_S,
    "CentionFiguresBehind": alerts.FIGURE_WAITS_S,
    "CentionInvitationsWait": alerts.INVITATION_WAITS_S,
    "CentionCustomersWait": alerts.CUSTOMER_WAITS_S,
}
# Figures in the runbook that are judged by people.
WITHOUT_RULE = {"cention_task_seconds_total"}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(name):
    rule = RULES[name]

    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    assert ROOT / page == runbook.RUNBOOK
    assert anchor in ENTRIES


def test_every_name_of_a_rule_is_there_once():
    assert len(RULES) == sum(len(group["rules"]) for group in GROUPS)


@pytest.mark.parametrize("name", RULES)
def test_every_metric_of_a_rule_exists(name):
    metrics = metric_names.named(RULES[name]["expr"])

    assert metrics or name == "CentionReceiverDown"
    assert metrics - metric_names.every() == set()


def test_a_metric_that_does_not_exist_is_noticed():
    assert metric_names.named('cention_mising{job="cention"} > 0') - metric_names.every() == {
        "cention_mising"
    }


@pytest.mark.parametrize("name", RULES)
def test_every_command_that_a_rule_advises_exists(name):
    advice = RULES[name]["annotations"]["description"].replace(PLACEHOLDER, "demo")

    for command in re.findall(r"`([^`]+)`", advice):
        runbook.understand(command)


def test_every_entry_of_the_runbook_has_a_rule_or_no_metric_shows_it():
    links = {rule["annotations"]["runbook_url"].split("#")[1] for rule in RULES.values()}
    shown = {ENTRIES[anchor] for anchor in links}

    assert shown | set(NOT_IN_METRICS) == set(ENTRIES.values())
    assert shown & set(NOT_IN_METRICS) == set()


def test_every_metric_that_the_runbook_calls_a_sign_has_a_rule():
    signs = "\n".join(re.findall(r"^\| (`cention_.*?) \|", runbook.TEXT, re.MULTILINE))
    ruled = {name for rule in RULES.values() for name in metric_names.named(rule["expr"])}

    assert metric_names.named(signs) - ruled == WITHOUT_RULE


@pytest.mark.parametrize("name", LIMITS)
def test_a_rule_has_the_limit_of_the_status(name):
    limits = set(re.findall(r"> (\d+)", RULES[name]["expr"]))

    assert limits == {f"{LIMITS[name]:.0f}"}


def test_every_rule_is_tried():
    assert {case.alert for case in CASES} == set(RULES)


def test_the_example_reads_the_rules_and_scrapes_the_job_that_they_name():
    example = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))

    assert [(FOLDER / name).is_file() for name in example["rule_files"]] == [True]
    [job] = example["scrape_configs"]
    assert f'job="{job["job_name"]}"' in RULES["CentionReceiverDown"]["expr"]
