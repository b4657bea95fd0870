"""Which tests run a line, and how long each takes: measured once by a run of the whole suite."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from coverage import CoverageData

from tests.mutation.mutants import Mutant

PHASES = ("|setup", "|run", "|teardown")
UNKNOWN_S = 5.0  # of a test whose time is not in the map
CONFIG = "tests/mutation/coverage.ini"
# Not the acceptance tests: each takes long, and runs nearly every line by the way.
SUITE = ("tests/unit", "tests/properties", "tests/integration", "tests/model", "tests/hostile")


def measure(root: Path, folder: Path) -> None:
    """Run the suite of ``root``, and leave in ``folder`` what :class:`CoverageMap` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    times = folder / "times.xml"
    subprocess.run(
        [
            *(".venv/bin/python", "-m", "pytest", "-q", "--numprocesses=2", "--dist=loadfile"),
            *("--cov", f"--cov-config={CONFIG}", "--cov-context=test", "--cov-report="),
            *(f"--junitxml={times}", "--override-ini=junit_duration_report=total"),
            *SUITE,
        ],
        cwd=root,
        env={**os.environ, "COVERAGE_FILE": str(folder / "coverage")},
        check=False,  # a test that fails runs lines as well; a mutant is not tried by it
    )


class CoverageMap:
    """Chooses the tests that fit a mutant."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._data = CoverageData(str(folder / "coverage"))
        self._data.read()
        self._seconds = _seconds(folder / "times.xml")

    def fitting(self, mutant: Mutant, *, within_s: float) -> list[str]:
        """Return tests that run what the mutant changes, as many as end within some seconds.

        The shortest come first. At least one is returned if any runs the line; none if none does.
        """
        path = mutant.path.removesuffix(".sql") + ".py" if mutant.query else mutant.path
        lines = self._lines_of(path, mutant.query) if mutant.query else [mutant.line]
        chosen: list[str] = []
        total_s = 0.0
        for test in sorted(self._tests(path, lines), key=lambda test: (self._cost_s(test), test)):
            total_s += self._cost_s(test)
            if chosen and total_s > within_s:
                break
            chosen.append(test)
        return chosen

    def _cost_s(self, test: str) -> float:
        return self._seconds.get(_key(test), UNKNOWN_S)

    def _tests(self, path: str, lines: Iterable[int]) -> set[str]:
        """Return the tests that run one of the lines."""
        by_line = self._data.contexts_by_lineno(path)
        found = {context for line in lines for context in by_line.get(line, ())}
        return {_test(context) for context in found if context}

    def _lines_of(self, path: str, query: str) -> list[int]:
        """Return the lines of a module that name a query."""
        tree = ast.parse((self._root / path).read_text("utf-8"))
        return [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value == query
        ]


def _test(context: str) -> str:
    """Return the test of a context: ``path::name|run``, or ``path::name (call)`` of a process."""
    test = context.partition("|")[0] if context.endswith(PHASES) else context
    return test.removesuffix(" (setup)").removesuffix(" (call)").removesuffix(" (teardown)")


def _key(test: str) -> tuple[str, str]:
    """Return class name and name of a test as the times have them."""
    path, _, name = test.partition("::")
    return path.removesuffix(".py").replace("/", "."), name


def _seconds(times: Path) -> dict[tuple[str, str], float]:
    cases = ElementTree.parse(times).iter("testcase")
    return {
        (one.attrib["classname"], one.attrib["name"]): float(one.attrib["time"]) for one in cases
    }
