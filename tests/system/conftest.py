"""A real browser for the tests, and what could not be run at the end of the report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from deploy.embedded import Postgres, Valkey
from tests.support.databases import database_copy
from tests.system import debian
from tests.system.survey_site import SurveySite, survey_site

# Without these, Chromium asks its maker's servers for updates and settings.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
WITHIN_MS = 10_000  # for each step in the browser

OpenTab = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    program = debian.PACKAGES["chromium"]
    if not program.exists():
        pytest.skip("Chromium is missing: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        # Root must do without Chromium's sandbox; the pages are our own.
        chromium = playwright.chromium.launch(
            executable_path=program, args=QUIET, chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(postgres: Postgres, template: str, valkey: Valkey) -> Iterator[SurveySite]:
    """The survey pages, served as in production; each test uses links of its own."""
    with (
        database_copy(postgres, template) as database,
        tempfile.TemporaryDirectory(prefix="cention-tests-") as folder,
        survey_site(database, valkey.url, Path(folder)) as running,
    ):
        yield running


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[OpenTab]:
    """Open an empty tab of a browser profile of its own.

    Pages work without JavaScript, and so it is off, unless ``java_script_enabled`` is given. The
    test fails if a page sets a cookie, asks another host, or has the browser report a fault, such
    as something that Content-Security-Policy forbids.
    """
    faults: list[str] = []
    with ExitStack() as opened:

        def open_(**given: Any) -> Page:
            context = browser.new_context(**{"java_script_enabled": False, **given})
            opened.callback(context.close)
            context.set_default_timeout(WITHIN_MS)
            context.on(
                "request", lambda one: faults.append(one.url) if _is_foreign(one.url) else None
            )
            context.on(
                "console", lambda said: faults.append(said.text) if _is_fault(said) else None
            )
            context.on("weberror", lambda one: faults.append(str(one.error)))
            opened.callback(lambda: faults.extend(str(one) for one in context.cookies()))
            return context.new_page()

        yield open_
    assert faults == []


def _is_foreign(url: str) -> bool:
    return urlsplit(url).hostname != "127.0.0.1" and not url.startswith("data:")


def _is_fault(said: ConsoleMessage) -> bool:
    """Tell whether the browser reports more than what a test may cause.

    That is the status of a page that says what is wrong, and a key that is pressed before the
    browser has given the focus to such a page's summary.
    """
    return not said.text.startswith(
        ("Failed to load resource:", "Autofocus processing was blocked")
    )


@pytest.fixture
def screenshots() -> Path:
    """A folder for pictures of the pages, which stays after the run; empty when that began."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture
def page(open_tab: OpenTab) -> Page:
    """An empty tab, without JavaScript."""
    return open_tab()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remove the pictures of the last run, before any process of this one takes new ones."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(SCREENSHOTS, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the pictures of the pages are, what was measured, and what was not run, and why."""
    if SCREENSHOTS.exists():
        terminalreporter.section(f"pictures of the pages: {SCREENSHOTS}")
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            terminalreporter.line(f"{report.nodeid}: {name}: {value:.1f}")
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("not run here")
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.line(f"{report.nodeid}: {str(reason).removeprefix('Skipped: ')}")
