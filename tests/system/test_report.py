"""The weekly report in a real browser: axe, widths, looks."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import database_copy
from tests.system.page_faults import violations
from workers.analytics.jobs.reports.page import as_page
from workers.analytics.jobs.reports.send import read_at_once
from workers.analytics.rules.weeks import read_week

NOW = datetime(2025, 4, 7, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def report(postgres, template):
    """The report of a week of a believable centre."""
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        fill_with_figures(conn)
        conn.autocommit = True
        yield read_at_once(conn, "demo", read_week("2025-W13"), now=NOW)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_axe_finds_nothing_in_the_weekly_report_and_it_fits(
    open_tab, report, screenshots, language
):
    page = open_tab(java_script_enabled=True)
    page.set_content(as_page(report, language=language))
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == "", (width, scheme)
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
            path = screenshots / "report" / f"{language}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == ""
