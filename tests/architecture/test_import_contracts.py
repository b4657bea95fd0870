"""Every import contract in ``setup.cfg`` is kept, and a breach of it is reported."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
PACKAGES = ("receiver", "workers", "schemas", "deploy")
PREFIX = "importlinter:contract:"

BREACHES = [
    ("packages", "schemas/errors.py", "workers.config.names"),
    ("packages", "workers/wiring.py", "receiver.errors"),
    ("workers", "workers/tasks/base.py", "workers.cli.output"),
    ("workers", "workers/operations/jobs/sweep.py", "workers.wiring"),
    ("workers", "workers/mirrors/jobs/refresh.py", "workers.outbound.jobs.send"),
    ("workers", "workers/sync/jobs/drain.py", "workers.spool.layout"),
    (
        "workers",
        "workers/sync/store/errand_reports.py",
        "workers.analytics.store.action_patterns",
    ),
    ("workers", "workers/clients/http.py", "workers.database.connections"),
    ("workers", "workers/outbound/jobs/send.py", "workers.surveys.jobs.decide"),
    ("capabilities", "workers/surveys/rules/sampling.py", "workers.surveys.store.decisions"),
    ("capabilities", "workers/sync/store/wanted.py", "workers.sync.jobs.drain"),
    ("capabilities", "workers/mirrors/store/library.py", "workers.mirrors.jobs.library"),
    ("capabilities", "workers/outbound/rules/contact_csv.py", "workers.outbound.jobs.send"),
    ("capabilities", "workers/privacy/store/erased.py", "workers.privacy.jobs.retention"),
    ("capabilities", "workers/operations/rules/wording.py", "workers.operations.store.status"),
    ("receiver", "receiver/callbacks.py", "workers.outbound.jobs.send"),
    ("receiver", "receiver/callbacks.py", "celery"),
    ("workers", "workers/cli/context.py", "workers.web.texts"),
    ("web", "workers/web/errands.py", "workers.clients.http"),
    ("web", "workers/web/gate.py", "receiver.errors"),
    ("pure", "schemas/cention/errands.py", "os"),
    ("pure", "workers/privacy/rules/redaction.py", "psycopg"),
    ("sandbox", "deploy/sandbox/server.py", "schemas.errors"),
]


def contracts() -> dict[str, str]:
    """Return the name of every contract by its id."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    found = [section for section in setup.sections() if section.startswith(PREFIX)]
    return {section.removeprefix(PREFIX): setup[section]["name"] for section in found}


def results(tree: Path) -> dict[str, str]:
    """Return the result of every contract by its name: ``KEPT`` or ``BROKEN``."""
    run = subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--cache-dir", tree / "cache"],
        cwd=tree,
        env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.rpartition(" ") for line in run.stdout.splitlines()]
    return {name: word for name, _, word in lines if word in ("KEPT", "BROKEN")}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    shutil.copy(ROOT / "setup.cfg", copy)
    return copy


def test_every_contract_is_kept(tree):
    assert results(tree) == dict.fromkeys(contracts().values(), "KEPT")


def test_every_contract_has_a_breach_below():
    assert {contract for contract, _, _ in BREACHES} == set(contracts())


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "module", "forbidden"), BREACHES)
def test_a_forbidden_import_breaks_its_contract(tree, contract, module, forbidden):
    path = tree / module
    text = path.read_text("utf-8")
    path.write_text(f"{text}\nimport {forbidden}\n", "utf-8")

    found = results(tree)
    path.write_text(text, "utf-8")

    assert found[contracts()[contract]] == "BROKEN"


def test_a_new_folder_of_workers_that_has_no_layer_is_reported(tree):
    folder = tree / "workers" / "surprise"
    folder.mkdir()
    (folder / "__init__.py").touch()

    found = results(tree)
    shutil.rmtree(folder)

    assert found[contracts()["workers"]] == "BROKEN"


@pytest.mark.parametrize(
    ("folder", "text"),
    [("jobs", "import workers.analytics.jobs"), ("rules", ""), ("surprise", "")],
)
def test_analytics_may_have_the_folders_of_a_capability_in_their_order_and_no_other(
    tree, folder, text
):
    made = tree / "workers" / "analytics" / folder
    made.mkdir(exist_ok=True)
    (made / "__init__.py").touch()
    store = tree / "workers" / "analytics" / "store" / "action_patterns.py"
    before = store.read_text("utf-8")
    store.write_text(f"{before}\n{text}\n", "utf-8")

    found = results(tree)
    store.write_text(before, "utf-8")
    shutil.rmtree(made)

    expected = "KEPT" if folder == "rules" else "BROKEN"
    assert found[contracts()["capabilities"]] == expected
