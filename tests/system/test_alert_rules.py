"""Prometheus' own tool reads rules, example and dashboard, and runs the rules on figures."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana import operators
from tests.support import alert_cases
from tests.system import debian

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = FOLDER / "alerts.yml"
PROMTOOL = debian.PACKAGES["prometheus"]

pytestmark = pytest.mark.skipif(
    not PROMTOOL.exists(), reason="promtool is missing: sudo apt-get install prometheus"
)


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)


def test_prometheus_reads_the_rules_and_the_example():
    for words in (("check", "rules", RULES), ("check", "config", FOLDER / "prometheus.yml")):
        done = promtool(*words)

        assert done.returncode == 0, done.stdout + done.stderr
        assert "FAILED" not in done.stdout


def test_every_rule_fires_when_it_should_and_only_then(tmp_path):
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    severities = {
        rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"]
    }
    tests = tmp_path / "tests.yml"
    tests.write_text(yaml.safe_dump(alert_cases.document(str(RULES), severities)))

    done = promtool("test", "rules", tests)

    assert done.returncode == 0, done.stdout + done.stderr


TEXTS = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: cention_wanted_oldest_seconds{{job="cention",workspace="demo",family="library"}}
        values: 400x10
      - series: cention_callbacks_total{{job="cention", workspace="", status="404"}}
        values: 0+1x10
    alert_rule_test:
      - eval_time: 10m
        alertname: CentionRecordsWait
        exp_alerts:
          - exp_labels: {{job: cention, workspace: demo, family: library, severity: warning}}
            exp_annotations:
              summary: The oldest of the library of demo has waited for 6m 40s to be fetched.
              description: "{waits}"
              runbook_url: deploy/docs/runbook.md#records-wait-too-long
      - eval_time: 10m
        alertname: CentionCallbacksRefused
        exp_alerts:
          - exp_labels: {{job: cention, status: "404", severity: warning}}
            exp_annotations:
              summary: "Callbacks of Cention are refused with the status 404 (workspace: unknown)."
              description: "{refused}"
              runbook_url: deploy/docs/runbook.md#callbacks-are-refused
"""


def test_texts_name_the_figure_and_where_it_is(tmp_path):
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    said = {
        rule["alert"]: rule["annotations"]["description"]
        for group in groups
        for rule in group["rules"]
    }
    tests = tmp_path / "tests.yml"
    tests.write_text(
        TEXTS.format(
            rules=RULES, waits=said["CentionRecordsWait"], refused=said["CentionCallbacksRefused"]
        )
    )

    done = promtool("test", "rules", tests)

    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_understands_every_question_of_the_dashboard(tmp_path):
    asked = [query.text for panel in operators.DASHBOARD.panels() for query in panel.queries]
    rules = [
        {"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "1m")}
        for number, text in enumerate(asked)
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    done = promtool("check", "rules", file)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout
