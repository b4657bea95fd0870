"""Measures which tests run which lines, and how long each takes: once for each file of tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

import click
from coverage import CoverageData

CONFIG = "tests/mutation/coverage.ini"
# Not the acceptance tests: each takes long, and runs nearly every line by the way.
SUITE = ("tests/unit", "tests/properties", "tests/model", "tests/hostile", "tests/integration")


@dataclass(frozen=True)
class Measurement:
    """What one run of some files of tests has measured."""

    folder: Path

    @cached_property
    def coverage(self) -> CoverageData:
        """Which tests run which lines."""
        data = CoverageData(str(self.folder / "coverage"))
        data.read()
        return data

    @cached_property
    def seconds(self) -> dict[tuple[str, str], float]:
        """How long each test took that passed, by class and name."""
        return {
            (case.attrib["classname"], case.attrib["name"]): float(case.attrib["time"])
            for case in ElementTree.parse(self.folder / "times.xml").iter("testcase")
            if case.find("failure") is None and case.find("error") is None
        }

    @cached_property
    def commit(self) -> str:
        """What was measured."""
        return str(self._about["commit"])

    @cached_property
    def files(self) -> dict[str, str]:
        """The files of tests, and a digest of each."""
        return dict(self._about["files"])

    @cached_property
    def _about(self) -> dict[str, dict[str, str]]:
        about: dict[str, dict[str, str]] = json.loads((self.folder / "about.json").read_text())
        return about


def measurements(folder: Path) -> list[Measurement]:
    """Return those that are complete, the oldest first."""
    complete = sorted(folder.glob("*/about.json"), key=lambda file: int(file.parent.name))
    return [Measurement(file.parent) for file in complete]


def measure(copies: list[Path], folder: Path) -> None:
    """Measure every file of tests that is new or has changed since.

    Raises ``ClickException`` if a run of tests does not come to its end.
    """
    known: dict[str, str] = {}
    for earlier in measurements(folder):
        known |= earlier.files
    groups = [
        changed
        for group in _groups(copies[0])
        if (
            changed := {path: digest for path, digest in group.items() if known.get(path) != digest}
        )
    ]
    first = max((int(path.name) for path in folder.glob("*")), default=0) + 1
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def measure_one(number: int, files: dict[str, str]) -> None:
        copy = free.get()
        try:
            _run(copy, folder / str(number), files)
        finally:
            free.put(copy)
        click.echo(f"Measured {len(files)} files of {_group_of(min(files))}", err=True)

    with ThreadPoolExecutor(len(copies)) as pool:
        list(pool.map(measure_one, range(first, first + len(groups)), groups))


def _groups(root: Path) -> Iterator[dict[str, str]]:
    """Yield the files of tests that are measured together, each with its digest."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for folder in SUITE:
        for file in sorted((root / folder).rglob("test_*.py")):
            path = str(file.relative_to(root))
            groups[_group_of(path)][path] = sha256(file.read_bytes()).hexdigest()
    yield from groups.values()


def _group_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[: 3 if parts[1] == "integration" else 2])


def _run(copy: Path, folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    command = [".venv/bin/python", "-m", "pytest", "-q", "-p", "no:randomly", "--cov"]
    command += [f"--cov-config={CONFIG}", "--cov-context=test", "--cov-report="]
    command += [f"--junitxml={folder / 'times.xml'}", "--override-ini=junit_duration_report=total"]
    log = folder / "output.txt"
    with log.open("wb") as output:
        done = subprocess.run(
            [*command, *files],
            cwd=copy,
            env={
                **os.environ,
                "COVERAGE_FILE": str(folder / "coverage"),
                "COVERAGE_PROCESS_START": str(copy / CONFIG),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode not in {0, 1}:  # a test that fails runs lines as well
        raise click.ClickException(f"The tests did not come to their end. Their output is in {log}")
    about = {"commit": commit_of(copy), "files": files}
    (folder / "about.json").write_text(json.dumps(about), "utf-8")


def commit_of(root: Path) -> str:
    """Return the commit that is checked out."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
