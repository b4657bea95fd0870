"""Chooses the tests that fit a mutant, by which tests run which lines."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.mutation.lines import (
    former_lines,
    imports,
    lines_of_functions,
    lines_of_statement,
    lines_that_name,
)
from tests.mutation.measurement import Measurement, measurements
from tests.mutation.mutants import Mutant

SOURCES = ("receiver", "workers", "schemas")
PHASES = ("|setup", "|run", "|teardown")


class CoverageMap:
    """The tests of the lines of a copy, and their times."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._newest: dict[str, Measurement] = {}  # by file of tests
        for measurement in measurements(folder):
            self._newest |= dict.fromkeys(measurement.files, measurement)
        self._former = cache(self._read_former)

    def fitting(self, mutant: Mutant) -> list[tuple[str, float]]:
        """Return the tests that run what the mutant changes, and the seconds that each takes.

        Those of a module without functions are the tests of the modules that import it. The
        shortest come first. A test is left out if it failed when it was measured.
        """
        path = mutant.path.removesuffix(".sql") + ".py" if mutant.query else mutant.path
        source = (self._root / path).read_text("utf-8")
        changed = lines_that_name(source, mutant.query) if mutant.query else {mutant.line}
        lines = {line for one in changed for line in lines_of_statement(source, one)}
        places = {path: lines} if lines else self._importers(path)
        found = []
        for measurement in dict.fromkeys(self._newest.values()):
            for test in self._tests(measurement, places):
                seconds = measurement.seconds.get(_key(test))
                newest = self._newest.get(test.partition("::")[0])
                if seconds is not None and newest is measurement:
                    found.append((test, seconds))
        return sorted(found, key=lambda one: (one[1], one[0]))

    def _importers(self, path: str) -> dict[str, set[int]]:
        """Return the modules that import one, with the lines of their functions."""
        files = [file for room in SOURCES for file in (self._root / room).rglob("*.py")]
        return {
            str(file.relative_to(self._root)): lines_of_functions(source)
            for file in files
            if imports(source := file.read_text("utf-8"), path)
        }

    def _tests(self, measurement: Measurement, places: Mapping[str, set[int]]) -> set[str]:
        """Return the tests that ran one of some lines."""
        found = set()
        for path, lines in places.items():
            by_line = measurement.coverage.contexts_by_lineno(path)
            source = (self._root / path).read_text("utf-8")
            former = former_lines(self._former(measurement.commit, path), source, lines)
            found |= {_test(one) for line in former for one in by_line.get(line, ()) if one}
        return found

    def _read_former(self, commit: str, path: str) -> str:
        """Return a file as it was; empty if it was not there."""
        command = ["git", "-C", str(self._root), "show", f"{commit}:{path}"]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def _test(context: str) -> str:
    """Return the test of a context: ``path::name|run``, or ``path::name (call)`` of a process."""
    test = context.partition("|")[0] if context.endswith(PHASES) else context
    return test.removesuffix(" (setup)").removesuffix(" (call)").removesuffix(" (teardown)")


def _key(test: str) -> tuple[str, str]:
    """Return class and name of a test as the times have them."""
    path, _, name = test.partition("::")
    return path.removesuffix(".py").replace("/", "."), name
