"""Tries a mutant: runs the tests that fit it in a copy of the repository that has the change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutation.coverage_map import CoverageMap
from tests.mutation.mutants import Mutant

Timed = list[tuple[str, float]]  # tests, and the seconds that each took when it was measured

# Most mutants are noticed by the shortest tests, so these run first, without importing the others.
FIRST_S, WITHIN_S = 5.0, 60.0
# A test that takes so much longer than when it was measured hangs.
SLOWER, START_S = 5, 30.0


class Outcome(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    HUNG = "hung"  # a test did not come to its end
    SURVIVED = "survived"
    UNTESTED = "untested"  # no test runs the line
    EQUIVALENT = "equivalent"  # nobody can tell it from the original: equivalent.toml


UNNOTICED = frozenset({Outcome.SURVIVED, Outcome.UNTESTED})


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome, the test that noticed it, if one did, and how many of how many tests ran."""

    outcome: Outcome
    test: str = ""
    ran: int = 0
    fitting: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether tests passed; else the first that failed, or that hung or killed its process."""

    passed: bool
    failed: str = ""
    hung: bool = False


class Copy:
    """A copy of the repository, with a session that runs tests in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._session: subprocess.Popen[str] | None = None

    def update(self, root: Path) -> None:
        """Bring it to what is committed in ``root``, with a copy of its environment."""
        if not self.folder.exists():
            subprocess.run(["git", "clone", "--quiet", str(root), str(self.folder)], check=True)
        git = ["git", "-C", str(self.folder)]
        subprocess.run([*git, "fetch", "--quiet", str(root), "HEAD"], check=True)
        subprocess.run([*git, "checkout", "--quiet", "--force", "FETCH_HEAD"], check=True)
        _link_environment(root, self.folder)

    def run(self, tests: Timed) -> Verdict:
        """Run tests until one fails. Raises ``RuntimeError`` if pytest cannot run them."""
        request = {
            "tests": [test for test, _ in tests],
            "each_s": START_S + SLOWER * max(seconds for _, seconds in tests),
            "all_s": START_S + SLOWER * sum(seconds for _, seconds in tests),
        }
        session = self._session or self._start()
        assert session.stdin is not None
        assert session.stdout is not None
        session.stdin.write(json.dumps(request) + "\n")
        session.stdin.flush()
        if not (line := session.stdout.readline()):
            raise RuntimeError(f"The session of {self.folder} has ended.")
        answer = json.loads(line)
        if not answer["ended"]:
            self.close()
            return Verdict(passed=False, failed=answer["failed"] or "", hung=True)
        if answer["failed"] is None and answer["status"] != 0:
            raise RuntimeError(f"pytest cannot run {tests}: exit status {answer['status']}")
        return Verdict(passed=answer["failed"] is None, failed=answer["failed"] or "")

    def _start(self) -> subprocess.Popen[str]:
        self._session = subprocess.Popen(
            [".venv/bin/python", "-m", "tests.mutation.session"],
            cwd=self.folder,
            # Bytecode of a changed file would be taken for that of the original.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._session

    def close(self) -> None:
        """End the session, if there is one."""
        if self._session is not None:
            self._session.communicate()  # closes its standard input
        self._session = None

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Have the change in the copy meanwhile."""
        file = self.folder / mutant.path
        before, times = file.read_text("utf-8"), file.stat()
        file.write_text(mutant.apply(before), "utf-8")
        try:
            yield
        finally:
            file.write_text(before, "utf-8")
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # its bytecode is valid again


def _link_environment(root: Path, copy: Path) -> None:
    """Link the files of an environment, except those that name its folder, which are written anew.

    That takes a second, an installation a minute.
    """
    shutil.rmtree(copy / ".venv", ignore_errors=True)
    shutil.copytree(root / ".venv", copy / ".venv", symlinks=True, copy_function=os.link)
    packages = next((copy / ".venv" / "lib").glob("python*")) / "site-packages"
    for file in [*(copy / ".venv" / "bin").iterdir(), *packages.glob("__editable__*.py")]:
        if file.is_symlink() or not file.is_file():
            continue
        if str(root).encode() in (content := file.read_bytes()):
            mode = file.stat().st_mode
            file.unlink()
            file.write_bytes(content.replace(str(root).encode(), str(copy).encode()))
            file.chmod(mode)


def attempt(mutant: Mutant, copy: Copy, coverage: CoverageMap) -> Trial:
    """Run the fitting tests with the change until one fails or hangs because of it.

    It does if it passes without the change, and then fails or hangs again with it. A test that only
    a busy machine makes fail is left out.
    """
    fitting = coverage.fitting(mutant)
    if not fitting:
        return Trial(Outcome.UNTESTED)
    tests = within(fitting, WITHIN_S)
    first = within(tests, FIRST_S)
    left = [first, tests[len(first) :]]
    while left:
        if not left[0]:
            left.pop(0)
            continue
        verdict = _run_changed(mutant, copy, left[0])
        if verdict.passed:
            left.pop(0)
            continue
        suspects = [one for one in left[0] if one[0] == verdict.failed] or left[0]
        if copy.run(suspects).passed:
            again = _run_changed(mutant, copy, suspects)
            if not again.passed:
                outcome = Outcome.HUNG if again.hung else Outcome.NOTICED
                return Trial(outcome, again.failed, len(tests), len(fitting))
        left[0] = [one for one in left[0] if one not in suspects]
    return Trial(Outcome.SURVIVED, "", len(tests), len(fitting))


def _run_changed(mutant: Mutant, copy: Copy, tests: Timed) -> Verdict:
    with copy.changed(mutant):
        return copy.run(tests)


def within(tests: Sequence[tuple[str, float]], limit_s: float) -> Timed:
    """Return the first of some tests, as many as end within ``limit_s``, and at least one."""
    chosen: Timed = []
    total_s = 0.0
    for test, seconds in tests:
        total_s += seconds
        if chosen and total_s > limit_s:
            break
        chosen.append((test, seconds))
    return chosen
