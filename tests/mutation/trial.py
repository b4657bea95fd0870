"""Tries a mutant: runs the tests that fit it in a copy of the repository that has the change."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutation.coverage_map import CoverageMap
from tests.mutation.mutants import Mutant

WITHIN_S = 60.0  # of tests per mutant, by the times of the map
LIMIT_S = 600  # a mutant that makes a test hang is noticed by that


class Outcome(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    SURVIVED = "survived"
    UNTESTED = "untested"  # no test runs the line


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome, and the test that noticed it, if one did."""

    outcome: Outcome
    test: str = ""


def make_copy(root: Path, copy: Path) -> None:
    """Make a copy of what is committed, with an environment of its own, or bring it up to date."""
    if not copy.exists():
        subprocess.run(["git", "clone", "--quiet", str(root), str(copy)], check=True)
    git = ["git", "-C", str(copy)]
    subprocess.run([*git, "fetch", "--quiet", str(root), "HEAD"], check=True)
    subprocess.run([*git, "checkout", "--quiet", "--force", "FETCH_HEAD"], check=True)
    subprocess.run(["make", "--quiet", ".venv/mutate"], cwd=copy, check=True)


def attempt(mutant: Mutant, copy: Path, coverage: CoverageMap) -> Trial:
    """Run the fitting tests with the change until one fails.

    A test that fails without the change as well says nothing: it is left out.
    """
    tests = coverage.fitting(mutant, within_s=WITHIN_S)
    if not tests:
        return Trial(Outcome.UNTESTED)
    while tests:
        with _changed(copy / mutant.path, mutant.text):
            failed = _first_failure(copy, tests)
        if failed is None:
            break
        if failed == "" or _first_failure(copy, [failed]) is None:
            return Trial(Outcome.NOTICED, failed or "the tests did not start or end")
        tests.remove(failed)
    return Trial(Outcome.SURVIVED)


@contextmanager
def _changed(file: Path, text: str) -> Iterator[None]:
    before = file.read_bytes()
    file.write_text(text, "utf-8")
    try:
        yield
    finally:
        file.write_bytes(before)


def _first_failure(copy: Path, tests: Sequence[str]) -> str | None:
    """Return the first test that fails; None if all pass, "" if they do not start or end."""
    names = copy / "var" / "tests.txt"
    names.parent.mkdir(exist_ok=True)
    names.write_text("\n".join(tests), "utf-8")
    command = [".venv/bin/python", "-m", "pytest", "--exitfirst", "-q", "-p", "no:randomly", "-p"]
    command += ["no:cacheprovider", "--tb=no", "--no-header", f"@{names}"]
    try:
        done = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    name = failed[-1].partition(" ")[2] if failed else ""
    return next((test for test in tests if name == test or name.startswith(f"{test} - ")), "")
