"""Runs tests as a proof of ``make prove``: ``python -m tests.system.proof FILE``."""

from __future__ import annotations

import sys

import pytest

from tests.chaos.__main__ import NOT_RUN


class Skips:
    """Whether a test was skipped, because something is not installed."""

    def __init__(self) -> None:
        self.found = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one test."""
        self.found |= report.skipped


def main() -> None:
    """Exit status 1 if a test failed, 3 if none did and one was skipped."""
    skips = Skips()
    failed = pytest.main(["--verbose", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[skips])
    sys.exit(1 if failed else NOT_RUN if skips.found else 0)


if __name__ == "__main__":
    main()
