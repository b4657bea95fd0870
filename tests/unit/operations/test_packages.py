"""`cention check` names packages of others that stand where those of the bridge should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workers
from workers.cli.commands import run
from workers.cli.errors import CommandError
from workers.operations.jobs.checks import packages
from workers.operations.jobs.checks.finding import Level

ROOT = Path(workers.__file__).parents[1]


@pytest.fixture
def sentences(monkeypatch, tmp_path):
    """What is wrong, as seen from an empty folder; no distribution is looked at."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packages, "packages_distributions", dict)
    return lambda: [f.sentence for f in packages.package_findings() if f.level is Level.WRONG]


def test_in_an_environment_of_their_own_nothing_is_wrong(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    [good] = packages.package_findings()

    assert good.level is Level.OK
    assert str(ROOT) in good.sentence


@pytest.mark.slow
def test_a_package_of_another_path_is_named_with_its_place(tmp_path):
    (tmp_path / "deploy").mkdir()
    other = tmp_path / "deploy" / "__init__.py"
    other.touch()
    code = (
        "from workers.operations.jobs.checks.packages import package_findings\n"
        "for one in package_findings(): print(one.sentence)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(tmp_path)}, cwd="/",
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        f"The package deploy is none of the bridge, which is in {ROOT}: {other}."
    ]


def test_another_distribution_with_a_package_of_the_same_name_is_named(sentences, monkeypatch):
    found = {"workers": ["cention-bridge"], "schemas": ["cention-bridge", "nice-schemas"]}
    monkeypatch.setattr(packages, "packages_distributions", lambda: found)

    [sentence] = sentences()

    assert sentence.startswith("nice-schemas has a package schemas too, in the same environment")


def test_a_package_that_is_missing_is_named(sentences, monkeypatch):
    monkeypatch.setattr(packages, "NAMES", ("workers", "no_such_package"))

    assert sentences() == ["There is no package no_such_package, which belongs to the bridge."]


@pytest.mark.parametrize("name", ["deploy/__init__.py", "wsgi.py"])
def test_what_lies_in_the_working_directory_is_named(sentences, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()

    [sentence] = sentences()

    assert f"import {tmp_path / name}, which is none" in sentence


def test_a_folder_that_is_no_package_is_not_named(sentences, tmp_path):
    (tmp_path / "deploy").mkdir()

    assert sentences() == []


def test_what_the_command_run_needs_is_named_if_it_is_not_installed(monkeypatch):
    monkeypatch.setattr(run, "NEEDED", ("os", "no_such_package"))

    with pytest.raises(CommandError) as raised:
        run.run.callback()

    assert "Not installed: no_such_package." in str(raised.value)
    assert "pip install --require-hashes -r deploy/requirements.lock" in str(raised.value)
